"""Change streams of a collection, a database and the client, on a replica set."""

import asyncio
import os

from motor.motor_asyncio import AsyncIOMotorClient


async def follow(stream, count):
    events = []
    async with stream as changes:
        async for change in changes:
            events.append((change["operationType"], change["documentKey"]["_id"]))
            if len(events) == count:
                break
    return events


async def main():
    client = AsyncIOMotorClient(os.environ["MONGODB_URI"])
    db = client["motor_programs_changes"]
    await client.drop_database("motor_programs_changes")
    await db.create_collection("events")
    only = [{"$match": {"operationType": "insert"}}]

    async with db.events.watch(only) as stream:
        await db.events.insert_many([{"_id": n} for n in range(3)])
        print([(await stream.next())["documentKey"]["_id"] for _ in range(3)])
        print(await stream.try_next())

    async with db.watch(only) as stream:
        await db.others.insert_one({"_id": 1})
        async for change in stream:
            print(change["ns"]["coll"])
            break

    async with client.watch(only) as stream:
        await db.events.insert_one({"_id": 9})
        print((await stream.next())["documentKey"])

    task = asyncio.create_task(follow(db.events.watch(), 2))
    await asyncio.sleep(0.3)
    await db.events.insert_one({"_id": 10})
    await db.events.delete_one({"_id": 10})
    print(await task)
    await client.drop_database(db)
    client.close()


asyncio.run(main())
