"""Files in GridFS: written, read, listed, removed."""

import asyncio
import io
import os

from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorGridFSBucket


async def main():
    client = AsyncIOMotorClient(os.environ["MONGODB_URI"])
    await client.drop_database("motor_programs_files")
    bucket = AsyncIOMotorGridFSBucket(client.motor_programs_files, collection="files")

    async with bucket.open_upload_stream("a.txt", metadata={"kind": "text"}) as file:
        await file.write(b"first line\nsecond line\n")
    stream = bucket.open_upload_stream("b.bin", chunk_size_bytes=4)
    await stream.write(b"0123456789")
    await stream.close()
    await bucket.upload_from_stream("c.txt", io.BytesIO(b"third"))

    download = await bucket.open_download_stream_by_name("a.txt")
    print(download.filename, download.length, download.metadata)
    print(await download.readline(), await download.read())
    download.seek(0)
    print(download.tell(), await download.read(5))
    download.close()
    binary = await bucket.open_download_stream_by_name("b.bin")
    print(await binary.readchunk(), await binary.readchunk())

    async for entry in bucket.find({}).sort("filename", 1):
        print(entry.filename, entry.read())
    target = io.BytesIO()
    await bucket.download_to_stream_by_name("c.txt", target)
    print(target.getvalue())
    await bucket.delete(stream._id)
    print(len(await bucket.find({}).to_list(None)))
    await client.drop_database("motor_programs_files")
    client.close()


asyncio.run(main())
