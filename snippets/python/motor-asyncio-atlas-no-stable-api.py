# title: Connect to Atlas without the Stable API
# language: Python
# driver: Motor 3.7 or later
# auth: SCRAM
# stable-api: no
# for: Atlas
# tested: MongoDB 4.4, 5.0, 6.0
# deprecated: since 2025-05-14, end of life 2026-05-14
# instead: pymongo-async-atlas-no-stable-api
#
# /// script
# requires-python = ">=3.9"
# dependencies = ["motor>=3.7"]
# ///

import asyncio
import os
import sys

from motor.motor_asyncio import AsyncIOMotorClient

# Replace the placeholder with your connection string, or set MONGODB_URI
uri = os.environ.get("MONGODB_URI", "<mongodb:// connection string>")


async def main():
    try:
        client = AsyncIOMotorClient(uri)
        try:
            await client.admin.command("ping")
            print("Pinged your deployment. You are connected to MongoDB!")
        finally:
            client.close()
    except Exception as error:
        sys.exit(f"Not connected to MongoDB: {error}")


asyncio.run(main())
