# ruff: noqa: B008
"""A FastAPI application with a dependency, served to itself."""

import asyncio
import os
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorDatabase


@asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.client = AsyncIOMotorClient(os.environ["MONGODB_URI"])
    app.state.db = app.state.client.get_default_database("motor_programs_api")
    await app.state.db.users.drop()
    yield
    app.state.client.close()


app = FastAPI(lifespan=lifespan)


def get_db(request: Request) -> AsyncIOMotorDatabase:
    return request.app.state.db


Database = Annotated[AsyncIOMotorDatabase, Depends(get_db)]


@app.post("/users/{name}")
async def add(name: str, db: Database):
    await db.users.insert_one({"_id": name})
    return {"added": name}


@app.get("/users")
async def users(db: Database):
    return await db.users.aggregate([{"$sort": {"_id": 1}}]).to_list(None)


@app.get("/indexes")
async def indexes(db=Depends(get_db)):
    return [index["name"] async for index in db.users.list_indexes()]


async def ask(method, path):
    """One request in the same loop, without a server."""
    body = []

    async def send(message):
        body.append(message.get("body", b""))

    async def receive():
        return {"type": "http.request", "body": b""}

    scope = {"type": "http", "method": method, "path": path, "headers": [], "query_string": b""}
    await app({**scope, "http_version": "1.1", "raw_path": path.encode()}, receive, send)
    return b"".join(body).decode()


async def main():
    async with app.router.lifespan_context(app):
        print(await ask("POST", "/users/bob"), await ask("POST", "/users/ada"))
        print(await ask("GET", "/users"))
        print(await ask("GET", "/indexes"))


asyncio.run(main())
