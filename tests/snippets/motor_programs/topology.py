"""What the client knows of the servers, on a replica set."""

import asyncio
import os

from motor import motor_asyncio


async def main():
    client = motor_asyncio.AsyncIOMotorClient(os.environ["MONGODB_URI"], connect=True)
    await client.admin.command("ping")
    print(client.is_primary, client.is_mongos)
    host, port = client.address
    print(isinstance(host, str), isinstance(port, int))
    for _ in range(50):
        if len(client.nodes) == 3:
            break
        await asyncio.sleep(0.1)
    print(client.primary == client.address, len(client.secondaries), client.arbiters)
    print(len(client.nodes), client.topology_description.topology_type_name)
    if client.primary in client.nodes and not client.is_mongos:
        print("whole")
    client.close()


asyncio.run(main())
