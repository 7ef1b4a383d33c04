"""The database of a program of two files."""

import os

from motor.motor_asyncio import AsyncIOMotorClient

client = AsyncIOMotorClient(os.environ["MONGODB_URI"])
store = client.motor_programs


def shelf(name):
    return store[name]
