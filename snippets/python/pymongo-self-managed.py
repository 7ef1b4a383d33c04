# title: Connect to a self-managed deployment with SCRAM
# language: Python
# driver: PyMongo 4.3 or later
# auth: SCRAM
# stable-api: no
# for: self-managed
# tested: MongoDB 6.0
#
# /// script
# requires-python = ">=3.9"
# dependencies = ["pymongo>=4.3"]
# ///

import os
import sys

from pymongo import MongoClient

# Replace the placeholder with your connection string, or set MONGODB_URI
uri = os.environ.get("MONGODB_URI", "<mongodb:// connection string>")

try:
    # The client closes where this block ends
    with MongoClient(uri) as client:
        client.admin.command("ping")
        print("Pinged your deployment. You are connected to MongoDB!")
except Exception as error:
    sys.exit(f"Not connected to MongoDB: {error}")
