"""Every way to use the cursor of an aggregation."""

import asyncio
import os

from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorCollection

PIPELINE = [{"$group": {"_id": "$kind", "sum": {"$sum": "$n"}}}, {"$sort": {"_id": 1}}]


async def total(things: AsyncIOMotorCollection) -> int:
    return sum([one["sum"] async for one in things.aggregate(PIPELINE)])


async def main():
    client = AsyncIOMotorClient(os.environ["MONGODB_URI"])
    db = client.motor_programs
    await db.things.drop()
    await db.things.insert_many([{"kind": "ab"[n % 2], "n": n} for n in range(10)])

    async for one in db.things.aggregate(PIPELINE):
        print(one)
    print(await db.things.aggregate(PIPELINE).to_list(None))
    print(await db.things.aggregate(PIPELINE, allowDiskUse=True).to_list(length=1))
    cursor = db.things.aggregate(PIPELINE)
    print(await cursor.next(), await cursor.to_list(5))
    while_cursor = db["things"].aggregate(PIPELINE, batchSize=1)
    while True:
        try:
            print(await while_cursor.next())
        except StopAsyncIteration:
            break
    print(await total(db.things))
    both = await asyncio.gather(
        db.things.aggregate(PIPELINE).to_list(None),
        db.things.find({}, {"_id": 0}).sort("n", -1).limit(2).to_list(None),
    )
    print(both)
    raw = [batch async for batch in db.things.aggregate_raw_batches(PIPELINE)]
    print(len(raw), type(raw[0]).__name__)
    client.close()


asyncio.run(main())
