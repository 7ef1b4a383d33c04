# title: Connect with an X.509 client certificate
# language: Python
# driver: PyMongo Async 4.13 or later
# auth: X.509
# stable-api: no
# for: any
# tested: MongoDB 6.0
# needs: a PEM file with the client certificate and its key
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

# The PEM file that holds the client certificate and its private key
certificate = os.environ.get("MONGODB_CERTIFICATE_KEY_FILE", "client.pem")


async def main():
    try:
        # The client closes where this block ends
        async with AsyncMongoClient(
            uri,
            authMechanism="MONGODB-X509",
            tls=True,
            tlsCertificateKeyFile=certificate,
        ) as client:
            await client.admin.command("ping")
            print("Pinged your deployment. You are connected to MongoDB!")
    except Exception as error:
        sys.exit(f"Not connected to MongoDB: {error}")


asyncio.run(main())
