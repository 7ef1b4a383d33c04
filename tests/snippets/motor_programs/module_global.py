"""A client in a global that functions fill and use, and an aggregation of the database."""

import asyncio
import os

from motor.motor_asyncio import AsyncIOMotorClient

client = None
settings = {}


async def connect():
    global client
    client = AsyncIOMotorClient(os.environ["MONGODB_URI"])
    settings["db"] = client["motor_programs"]


def get_collection(name):
    return client.motor_programs[name]


async def disconnect():
    if client is not None:
        client.close()


async def main():
    await connect()
    try:
        lines = get_collection("lines")
        await lines.drop()
        await lines.insert_one({"_id": 1, "tags": ["a", "b"]})
        by_tag = lines.aggregate([{"$unwind": "$tags"}, {"$project": {"_id": 0}}])
        print(await by_tag.to_list(None))
        first, second = get_collection("lines"), get_collection("nothing")
        print([one async for one in first.aggregate([])], await second.aggregate([]).to_list(1))
        async for one in settings["db"].lines.aggregate([{"$count": "n"}]):
            print(one)
        current = client.admin.aggregate([{"$currentOp": {}}, {"$limit": 1}])
        print(len(await current.to_list(None)))
        documents = [{"x": 1}, {"x": 2}]
        results = client.motor_programs.aggregate([{"$documents": documents}])
        print(await results.to_list(None))
    finally:
        await disconnect()


asyncio.run(main())
