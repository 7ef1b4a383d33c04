"""Mistakes in the use of a client, one function each: run with its name and a URI.

Each ends in the error, or the warning, that its author would paste.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from typing import Any

URI = os.environ.get("URI", "mongodb://localhost:27017/")
SLOW = {"$where": "sleep(1500) || true"}


def another_loop() -> None:
    """An asynchronous client in a second event loop."""
    from pymongo import AsyncMongoClient

    client: Any = AsyncMongoClient(URI)

    async def ping() -> None:
        await client.admin.command("ping")

    asyncio.run(ping())
    asyncio.run(ping())


def motor_after_loop() -> None:
    """A Motor client whose loop has ended."""
    from motor.motor_asyncio import AsyncIOMotorClient

    loop = asyncio.new_event_loop()
    client: Any = AsyncIOMotorClient(URI, io_loop=loop)
    loop.run_until_complete(client.admin.command("ping"))
    loop.close()
    asyncio.run(client.admin.command("ping"))


def closed_sync() -> None:
    """A client that was closed before."""
    from pymongo import MongoClient

    client: Any = MongoClient(URI)
    client.admin.command("ping")
    client.close()
    client.admin.command("ping")


def closed_async() -> None:
    """The same, asynchronously: the block that closes it has ended."""
    from pymongo import AsyncMongoClient

    async def run() -> None:
        async with AsyncMongoClient(URI) as client:
            await client.admin.command("ping")
        await client.admin.command("ping")

    asyncio.run(run())


def fork() -> None:
    """A client from before the fork, used in the child."""
    from pymongo import MongoClient

    client: Any = MongoClient(URI)
    client.admin.command("ping")
    if os.fork() == 0:
        client.admin.command("ping")
        os._exit(0)
    os.wait()


def _busy(client: Any) -> threading.Thread:
    """One operation that takes its time, and a connection with it."""
    client.shop.slow.insert_one({"number": 1})
    one = threading.Thread(target=lambda: list(client.shop.slow.find(SLOW)), daemon=True)
    one.start()
    time.sleep(0.5)
    return one


def pool() -> None:
    """One connection for two operations."""
    from pymongo import MongoClient

    client: Any = MongoClient(URI, maxPoolSize=1, waitQueueTimeoutMS=300)
    _busy(client)
    client.shop.slow.find_one({})


def slow() -> None:
    """An operation that takes longer than a reply is waited for."""
    from pymongo import MongoClient

    MongoClient(URI).shop.slow.insert_one({"number": 1})
    client: Any = MongoClient(URI, socketTimeoutMS=400, retryReads=False)
    list(client.shop.slow.find(SLOW))


def files() -> None:
    """More clients than the process may have sockets."""
    import resource

    from pymongo import MongoClient

    resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))
    clients = []
    for _ in range(40):
        client: Any = MongoClient(URI, serverSelectionTimeoutMS=1500)
        client.admin.command("ping")
        clients.append(client)


def http() -> None:
    """A browser at MongoDB's port."""
    import urllib.request

    place = URI.partition("://")[2].partition("/")[0].rpartition("@")[2]
    with urllib.request.urlopen(f"http://{place}/") as answer:
        sys.exit(answer.read().decode())


def transaction() -> None:
    """A transaction on a standalone."""
    from pymongo import MongoClient

    client: Any = MongoClient(URI)
    with client.start_session() as session, session.start_transaction():
        client.shop.orders.insert_one({"number": 7}, session=session)


def change_stream() -> None:
    """A change stream on a standalone."""
    from pymongo import MongoClient

    client: Any = MongoClient(URI)
    with client.shop.orders.watch() as stream:
        next(stream)


def write_concern() -> None:
    """w=2 on a standalone."""
    from pymongo import MongoClient

    client: Any = MongoClient(URI, w=2)
    client.shop.orders.insert_one({"number": 7})


def simple() -> None:
    """Connect and ping: the mistake is in the URI, or in what is installed."""
    from pymongo import MongoClient

    client: Any = MongoClient(URI, serverSelectionTimeoutMS=2000)
    client.admin.command("ping")


def simple_async() -> None:
    """The same with the asynchronous client."""
    from pymongo import AsyncMongoClient

    async def run() -> None:
        client: Any = AsyncMongoClient(URI, serverSelectionTimeoutMS=2000)
        await client.admin.command("ping")

    asyncio.run(run())


def import_motor() -> None:
    """Motor alone."""
    import motor.motor_asyncio  # noqa: F401


if __name__ == "__main__":
    globals()[sys.argv[1]]()
