"""Indexes and collections, listed."""

import asyncio
import os

import motor.motor_asyncio


async def main() -> None:
    client = motor.motor_asyncio.AsyncIOMotorClient(os.environ["MONGODB_URI"])
    db: motor.motor_asyncio.AsyncIOMotorDatabase = client.get_database("motor_programs_indexes")
    await client.drop_database(db.name)
    places = db.get_collection("places")
    await places.create_index([("name", 1)], unique=True)
    await places.create_index("city")
    async for index in places.list_indexes():
        print(index["name"], index.get("unique", False))
    print(len(await places.list_indexes().to_list(None)))
    print(sorted(await places.index_information()))
    print(sorted(await db.list_collection_names()))
    async for one in await db.list_collections():
        print(one["name"], one["type"])
    await places.drop_index("city_1")
    print([one["name"] for one in await places.list_indexes().to_list(10)])
    await client.drop_database("motor_programs_indexes")
    client.close()


asyncio.run(main())
