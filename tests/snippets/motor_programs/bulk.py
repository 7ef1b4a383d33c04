"""Bulk writes, options, and a client whose loop is made by hand."""

import asyncio
import os

from bson.codec_options import CodecOptions
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import DeleteOne, InsertOne, UpdateOne
from pymongo.errors import BulkWriteError, DuplicateKeyError
from pymongo.read_preferences import ReadPreference
from pymongo.write_concern import WriteConcern


async def work(db):
    items = db.get_collection("items", write_concern=WriteConcern(w=1))
    await items.drop()
    result = await items.bulk_write(
        [InsertOne({"_id": 1}), InsertOne({"_id": 2}), UpdateOne({"_id": 1}, {"$set": {"a": 1}})]
    )
    print(result.inserted_count, result.modified_count)
    try:
        await items.insert_one({"_id": 1})
    except DuplicateKeyError as error:
        print(error.code)
    try:
        await items.bulk_write([InsertOne({"_id": 1}), DeleteOne({"_id": 2})])
    except BulkWriteError as error:
        print(error.details["nInserted"])
    near = items.with_options(CodecOptions(tz_aware=True), ReadPreference.PRIMARY_PREFERRED)
    print([one async for one in near.aggregate([{"$sort": {"_id": 1}}])])
    print(near.codec_options.tz_aware, near.full_name, near.database.name)


loop = asyncio.new_event_loop()
client = AsyncIOMotorClient(os.environ["MONGODB_URI"], io_loop=loop, tz_aware=False)
try:
    loop.run_until_complete(work(client.motor_programs))
finally:

    async def stop():
        client.close()

    loop.run_until_complete(stop())
    loop.close()
