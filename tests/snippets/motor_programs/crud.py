"""Write, read, count and remove, with one client for the whole program."""

import asyncio
import os

from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import ASCENDING, ReturnDocument


async def main():
    client = AsyncIOMotorClient(os.environ["MONGODB_URI"])
    people = client["motor_programs"]["people"]
    await people.drop()
    result = await people.insert_many([{"name": n, "age": a} for n, a in (("ada", 36), ("bob", 7))])
    print(len(result.inserted_ids))
    await people.update_one({"name": "bob"}, {"$inc": {"age": 1}})
    print(await people.find_one({"name": "bob"}, {"_id": 0}))
    after = await people.find_one_and_update(
        {"name": "ada"}, {"$set": {"title": "Countess"}}, return_document=ReturnDocument.AFTER
    )
    print(after["title"], await people.count_documents({}))
    async for person in people.find({}, {"_id": 0}).sort("age", ASCENDING).limit(5):
        print(person)
    print(await people.distinct("name"))
    print([one["name"] for one in await people.find().sort("name").to_list(length=10)])
    print((await people.delete_many({})).deleted_count)
    client.close()


asyncio.run(main())
