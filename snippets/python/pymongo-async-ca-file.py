# title: Connect with SCRAM over TLS and your own certificate authority
# language: Python
# driver: PyMongo Async 4.13 or later
# auth: SCRAM
# stable-api: no
# for: self-managed
# tested: MongoDB 6.0
# needs: a PEM file with the certificate of the authority
#
# /// script
# requires-python = ">=3.9"
# dependencies = ["pymongo>=4.13"]
# ///

import asyncio
import os
import sys

from pymongo import AsyncMongoClient

# Replace the placeholder with your connection string, or set MONGODB_URI
uri = os.environ.get("MONGODB_URI", "<mongodb:// connection string>")

# The PEM file that holds the certificate of the authority that signed the server's
ca_file = os.environ.get("MONGODB_CA_FILE", "ca.pem")


async def main():
    try:
        # The client closes where this block ends
        async with AsyncMongoClient(uri, tls=True, tlsCAFile=ca_file) as client:
            await client.admin.command("ping")
            print("Pinged your deployment. You are connected to MongoDB!")
    except Exception as error:
        sys.exit(f"Not connected to MongoDB: {error}")


asyncio.run(main())
