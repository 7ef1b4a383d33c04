"""Insert and find until standard input says stop; PyMongo logs to standard error."""

import logging
import os
import sys
import threading

from pymongo import MongoClient

logging.basicConfig(
    level=logging.DEBUG, format="%(asctime)s %(levelname)s %(name)s %(message)s", stream=sys.stderr
)
stop = threading.Event()


def wait() -> None:
    """Read one line."""
    sys.stdin.readline()
    stop.set()


threading.Thread(target=wait, daemon=True).start()
with MongoClient(
    os.environ["URI"], serverSelectionTimeoutMS=15000, heartbeatFrequencyMS=1000
) as client:
    client.admin.command("ping")
    print("ready", flush=True)
    number = 0
    while not stop.wait(0.2):
        number += 1
        client.shop.orders.insert_one({"number": number})
        client.shop.orders.find_one()
