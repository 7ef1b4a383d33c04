"""A program as people write it: connect, ping, read, write. Its errors are its whole output.

``PROGRAM`` holds what it shall do, as JSON: see ``tests/explain/clients.py``.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from typing import Any

SETTINGS: dict[str, Any] = json.loads(os.environ["PROGRAM"])
OPTIONS = dict(SETTINGS["options"])


def stable_api() -> dict[str, Any]:
    """The Stable API as asked for."""
    if not SETTINGS.get("api"):
        return {}
    from pymongo.server_api import ServerApi

    return {"server_api": ServerApi("1", **SETTINGS["api"])}


def synchronous() -> None:
    from pymongo import MongoClient

    client = MongoClient(SETTINGS["uri"], **OPTIONS, **stable_api())
    client.admin.command("ping")
    shop = client.get_default_database("shop")
    shop.orders.find_one({"number": 7})
    shop.orders.insert_one({"number": 7})


async def asynchronous(kind: Any) -> None:
    client = kind(SETTINGS["uri"], **OPTIONS, **stable_api())
    await client.admin.command("ping")
    shop = client.get_default_database("shop")
    await shop.orders.find_one({"number": 7})
    await shop.orders.insert_one({"number": 7})


def run() -> None:
    api = SETTINGS["client"]
    if api == "sync":
        synchronous()
    elif api == "motor":
        from motor.motor_asyncio import AsyncIOMotorClient

        asyncio.run(asynchronous(AsyncIOMotorClient))
    else:
        from pymongo import AsyncMongoClient

        asyncio.run(asynchronous(AsyncMongoClient))


def main() -> None:
    if SETTINGS["form"] == "traceback":
        run()
        return
    try:
        run()
    except Exception as error:
        if SETTINGS["form"] == "message":
            print(error, file=sys.stderr)
        elif SETTINGS["form"] == "repr":
            print(f"ERROR:app:could not reach the database: {error!r}", file=sys.stderr)
        else:
            name = f"{type(error).__module__}.{type(error).__name__}"
            print(f"{name}: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
