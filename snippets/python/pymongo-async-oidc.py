# title: Connect with an OpenID Connect token (workload identity)
# language: Python
# driver: PyMongo Async 4.13 or later
# auth: OIDC
# stable-api: no
# for: Atlas
# tested: as far as the driver's error for a missing token
# needs: a file with an access token, kept fresh by your platform
#
# /// script
# requires-python = ">=3.9"
# dependencies = ["pymongo>=4.13"]
# ///

import asyncio
import os
import sys
from pathlib import Path

from pymongo import AsyncMongoClient
from pymongo.auth_oidc import OIDCCallback, OIDCCallbackResult

# Replace the placeholder with your connection string, or set MONGODB_URI
uri = os.environ.get("MONGODB_URI", "<mongodb:// connection string>")


class TokenFile(OIDCCallback):
    """Reads the access token whenever the driver asks for one."""

    def fetch(self, context):
        token = Path(os.environ.get("OIDC_TOKEN_FILE", "token.jwt")).read_text()
        return OIDCCallbackResult(access_token=token.strip())


properties = {"OIDC_CALLBACK": TokenFile()}


async def main():
    try:
        # The client closes where this block ends
        async with AsyncMongoClient(
            uri,
            authMechanism="MONGODB-OIDC",
            authMechanismProperties=properties,
        ) as client:
            await client.admin.command("ping")
            print("Pinged your deployment. You are connected to MongoDB!")
    except Exception as error:
        sys.exit(f"Not connected to MongoDB: {error}")


asyncio.run(main())
