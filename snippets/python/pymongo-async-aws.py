# title: Connect with AWS IAM credentials
# language: Python
# driver: PyMongo Async 4.13 or later
# auth: AWS
# stable-api: no
# for: Atlas
# tested: as far as the driver's error for missing credentials
# needs: AWS credentials in the environment, or the role of the machine
#
# /// script
# requires-python = ">=3.9"
# dependencies = ["pymongo[aws]>=4.13"]
# ///

import asyncio
import os
import sys

from pymongo import AsyncMongoClient

# Replace the placeholder with your connection string, or set MONGODB_URI
uri = os.environ.get("MONGODB_URI", "<mongodb:// connection string>")


async def main():
    try:
        # The client closes where this block ends
        async with AsyncMongoClient(
            uri,
            authMechanism="MONGODB-AWS",
            authSource="$external",
        ) as client:
            await client.admin.command("ping")
            print("Pinged your deployment. You are connected to MongoDB!")
    except Exception as error:
        sys.exit(f"Not connected to MongoDB: {error}")


asyncio.run(main())
