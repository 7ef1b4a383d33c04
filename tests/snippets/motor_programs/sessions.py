# ruff: noqa: TRY301
"""Sessions and transactions in every form, on a replica set."""

import asyncio
import os

from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorClientSession


async def move(session: AsyncIOMotorClientSession, amount: int) -> None:
    accounts = session.client["motor_programs"]["accounts"]
    await accounts.update_one({"_id": "a"}, {"$inc": {"sum": -amount}}, session=session)
    await accounts.update_one({"_id": "b"}, {"$inc": {"sum": amount}}, session=session)


async def main():
    client = AsyncIOMotorClient(os.environ["MONGODB_URI"])
    accounts = client.motor_programs.accounts
    await accounts.drop()
    await accounts.insert_many([{"_id": "a", "sum": 100}, {"_id": "b", "sum": 0}])

    async with await client.start_session() as session:
        async with session.start_transaction():
            await move(session, 10)
        try:
            async with session.start_transaction():
                await move(session, 50)
                raise ValueError("no")
        except ValueError as error:
            print(error)
        await session.with_transaction(lambda s: move(s, 5))
        print(session.in_transaction)

    session = await client.start_session()
    session.start_transaction()
    await move(session, 1)
    await session.commit_transaction()
    session.start_transaction()
    await move(session, 1000)
    await session.abort_transaction()
    await session.end_session()

    async with (
        await client.start_session(causal_consistency=True) as other,
        other.start_transaction(),
    ):
        await accounts.insert_one({"_id": "c", "sum": 7}, session=other)
    print(await accounts.find({}).sort("_id", 1).to_list(None))
    client.close()


asyncio.run(main())
