"""The program: it never names Motor itself."""

import asyncio

from database import client, shelf, store


async def main():
    await store.jars.drop()
    await store.jars.insert_many([{"_id": n} for n in range(4)])
    print(await store.jars.aggregate([{"$count": "jars"}]).to_list(None))
    jars = shelf("jars")
    print([one async for one in jars.aggregate([{"$match": {"_id": {"$gt": 2}}}])])
    client.close()


asyncio.run(main())
