# ruff: noqa: UP037, UP045
"""A repository class that keeps its client and its collection as attributes."""

from __future__ import annotations

import asyncio
import os
from typing import Any, Optional

from motor.motor_asyncio import (
    AsyncIOMotorClient,
    AsyncIOMotorCollection,  # the type of what is asked
    AsyncIOMotorDatabase,
)


class Repository:
    """Books."""

    client: Optional[AsyncIOMotorClient] = None

    def __init__(self, uri: str) -> None:
        self.client = AsyncIOMotorClient(uri, appname="library", io_loop=asyncio.get_running_loop())
        self.db: AsyncIOMotorDatabase = self.client.motor_programs
        self._books = self.db["books"]

    @property
    def books(self) -> "AsyncIOMotorCollection":
        return self._books

    async def __aenter__(self) -> Repository:
        await self.books.drop()
        return self

    async def __aexit__(self, *_: Any) -> None:
        self.client.close()

    async def add(self, *titles: str) -> None:
        await self._books.insert_many([{"title": title} for title in titles])

    async def by_length(self) -> list[dict[str, Any]]:
        pipeline = [
            {"$project": {"_id": 0, "title": 1, "length": {"$strLenCP": "$title"}}},
            {"$sort": {"length": -1}},
        ]
        return await self._books.aggregate(pipeline).to_list(None)

    async def names(self):
        async for index in self.books.list_indexes():
            yield index["name"]


async def main() -> None:
    async with Repository(os.environ["MONGODB_URI"]) as library:
        await library.add("Emma", "Walden", "Ulysses")
        for book in await library.by_length():
            print(book)
        print([name async for name in library.names()])
        print(isinstance(library.db, AsyncIOMotorDatabase))


asyncio.run(main())
