# title: Connect in the lifespan of a FastAPI application
# language: Python
# driver: PyMongo Async 4.13 or later
# auth: SCRAM
# stable-api: no
# for: any
# tested: MongoDB 4.4, 5.0, 6.0
# needs: uvicorn, or another ASGI server, to serve the application
#
# /// script
# requires-python = ">=3.9"
# dependencies = ["pymongo>=4.13", "fastapi>=0.115"]
# ///

import asyncio
import os
import sys
from contextlib import asynccontextmanager

from fastapi import FastAPI
from pymongo import AsyncMongoClient

# Replace the placeholder with your connection string, or set MONGODB_URI
uri = os.environ.get("MONGODB_URI", "<mongodb:// connection string>")


@asynccontextmanager
async def lifespan(app):
    # One client for the whole application, in the event loop that serves it
    async with AsyncMongoClient(uri) as client:
        await client.admin.command("ping")
        print("Pinged your deployment. You are connected to MongoDB!")
        app.state.mongo = client
        yield


app = FastAPI(lifespan=lifespan)


@app.get("/ping")
async def ping():
    return await app.state.mongo.admin.command("ping")


async def main():
    try:
        # Start the application and stop it again; a server such as uvicorn does the same
        async with app.router.lifespan_context(app):
            pass
    except Exception as error:
        sys.exit(f"Not connected to MongoDB: {error}")


if __name__ == "__main__":
    asyncio.run(main())
