"""Cursors in old and new style."""

import asyncio
import os

from motor.motor_asyncio import AsyncIOMotorClient as Client


async def main():
    client = Client(os.environ["MONGODB_URI"])
    try:
        numbers = client.motor_programs.numbers
        await numbers.delete_many({})
        await numbers.insert_many([{"_id": n} for n in range(6)])

        cursor = numbers.find().sort("_id", 1)
        while await cursor.fetch_next:
            number = cursor.next_object()
            if number["_id"] == 4:
                break
            print(number)
        else:
            print("never")

        cursor = numbers.find({"_id": {"$lt": 2}})
        print(len(await cursor.to_list(None)))
        cursor.rewind()
        print(len(await cursor.to_list(None)))
        other = cursor.clone()
        print([one async for one in other])
        plan = await numbers.find({"_id": 1}).explain()
        print("queryPlanner" in plan)
        patient = numbers.find({})
        patient.add_option(16)  # no timeout
        print(len(await patient.to_list(3)))
        raw = 0
        async for batch in numbers.find_raw_batches():
            raw += len(batch)
        print(raw > 0)
        two = await client.motor_programs.cursor_command("find", "numbers")
        print(await two.to_list(2))
    finally:
        client.close()


asyncio.run(main())
