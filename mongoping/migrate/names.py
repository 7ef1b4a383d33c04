"""What is called how in Motor and in PyMongo Async. Pure data.

Found by comparing the classes of Motor 3.7 with those of PyMongo 4.13 to 4.20, method by
method; a test compares them again.
"""

from __future__ import annotations

from collections.abc import Mapping

from mongoping.record import Record

MARK = "FIXME(motor):"
"""How a comment begins that says what a person has to decide."""


class Class(Record):
    """A class of PyMongo Async: where it is imported from, its name, and what it is here."""

    module: str
    name: str
    kind: str


_ASYNC = "pymongo.asynchronous"
SUFFIXES: Mapping[str, Class] = {
    "Client": Class("pymongo", "AsyncMongoClient", "client"),
    "Database": Class(f"{_ASYNC}.database", "AsyncDatabase", "database"),
    "Collection": Class(f"{_ASYNC}.collection", "AsyncCollection", "collection"),
    "Cursor": Class(f"{_ASYNC}.cursor", "AsyncCursor", "cursor"),
    "CommandCursor": Class(f"{_ASYNC}.command_cursor", "AsyncCommandCursor", "command_cursor"),
    "LatentCommandCursor": Class(
        f"{_ASYNC}.command_cursor", "AsyncCommandCursor", "command_cursor"
    ),
    "ClientSession": Class(f"{_ASYNC}.client_session", "AsyncClientSession", "session"),
    "ChangeStream": Class(f"{_ASYNC}.change_stream", "AsyncChangeStream", "change_stream"),
    "ClientEncryption": Class(f"{_ASYNC}.encryption", "AsyncClientEncryption", "encryption"),
    "GridFSBucket": Class("gridfs", "AsyncGridFSBucket", "bucket"),
    "GridIn": Class("gridfs", "AsyncGridIn", "grid_in"),
    "GridOut": Class("gridfs", "AsyncGridOut", "grid_out"),
    "GridOutCursor": Class("gridfs", "AsyncGridOutCursor", "grid_cursor"),
}
CLASSES: Mapping[str, Class] = {
    prefix + suffix: found
    for suffix, found in SUFFIXES.items()
    for prefix in ("AsyncIOMotor", "Motor", "Agnostic")
}
"""Motor's classes, those of asyncio, of Tornado and the base classes of both."""

NEW_CLASSES: Mapping[str, Class] = {entry.name: entry for entry in SUFFIXES.values()}
MODULES = (
    "motor",
    "motor.motor_asyncio",
    "motor.motor_tornado",
    "motor.core",
    "motor.motor_gridfs",
)

NOW_AWAITED: Mapping[str, frozenset[str]] = {
    "client": frozenset({"watch", "close"}),
    "database": frozenset({"aggregate", "watch"}),
    "collection": frozenset(
        {"aggregate", "aggregate_raw_batches", "list_indexes", "list_search_indexes", "watch"}
    ),
    "cursor": frozenset({"rewind", "add_option"}),
    "grid_cursor": frozenset({"rewind"}),
    "session": frozenset({"start_transaction"}),
    # read and its kin: iterating over bucket.find() in Motor gives synchronous files
    "grid_out": frozenset({"close", "read", "readchunk", "readline", "seek"}),
}
"""Methods that return at once in Motor, and are coroutines in PyMongo Async."""

NOT_AWAITED: Mapping[str, frozenset[str]] = {
    "client": frozenset({"start_session"}),
    "encryption": frozenset({"get_keys"}),
}
"""Coroutines in Motor that return at once in PyMongo Async."""

PROPERTIES = frozenset({"address", "arbiters", "is_mongos", "is_primary", "primary", "secondaries"})
"""Properties of the client that have to be awaited in PyMongo Async."""

REMOVED_ARGUMENTS: Mapping[str, frozenset[str]] = {"client": frozenset({"io_loop", "connect"})}
RENAMED_ARGUMENTS: Mapping[str, Mapping[str, str]] = {"bucket": {"collection": "bucket_name"}}

GONE: Mapping[str, str] = {
    "each": "each() is gone: iterate with async for",
    "fetch_next": "fetch_next is gone: iterate with async for, or await cursor.next()",
    "next_object": "next_object() is gone: iterate with async for, or await cursor.next()",
    "get_io_loop": "get_io_loop() is gone: start the program with asyncio.run(), and use "
    "asyncio.get_running_loop() in coroutines",
    "io_loop": "io_loop is gone: use asyncio.get_running_loop() in coroutines",
    "delegate": "delegate is gone: there is no synchronous client underneath any more",
    "stream_to_handler": "stream_to_handler() is gone: read chunks and write them to the handler",
    "wrap": "wrap() is gone",
}
"""Attributes of Motor's objects that have no successor, with the advice for it."""

DISTINCTIVE = frozenset({"aggregate_raw_batches", "list_indexes", "list_search_indexes"})
"""Methods that nothing but a collection has, whatever a program calls it."""

RESULTS: Mapping[str, Mapping[str, str]] = {
    "client": {
        "get_database": "database",
        "get_default_database": "database",
        "list_databases": "command_cursor",
        "start_session": "session",
        "watch": "change_stream",
    },
    "database": {
        "aggregate": "command_cursor",
        "create_collection": "collection",
        "get_collection": "collection",
        "list_collections": "command_cursor",
        "watch": "change_stream",
        "with_options": "database",
    },
    "collection": {
        "aggregate": "command_cursor",
        "aggregate_raw_batches": "command_cursor",
        "find": "cursor",
        "find_raw_batches": "cursor",
        "list_indexes": "command_cursor",
        "list_search_indexes": "command_cursor",
        "watch": "change_stream",
        "with_options": "collection",
    },
    "cursor": dict.fromkeys(
        (
            *("add_option", "allow_disk_use", "batch_size", "clone", "collation", "comment"),
            *("hint", "limit", "max", "max_await_time_ms", "max_time_ms", "min", "rewind"),
            *("remove_option", "skip", "sort", "where"),
        ),
        "cursor",
    ),
    "bucket": {
        "find": "grid_cursor",
        "open_download_stream": "grid_out",
        "open_download_stream_by_name": "grid_out",
        "open_upload_stream": "grid_in",
        "open_upload_stream_with_id": "grid_in",
    },
    "grid_cursor": {"limit": "grid_cursor", "skip": "grid_cursor", "sort": "grid_cursor"}
    | {"next": "grid_out", "next_object": "grid_out"},
}
"""What a method returns, awaited or not."""

MEMBERS: Mapping[str, Mapping[str, str | None]] = {
    "client": dict.fromkeys(
        (
            *PROPERTIES,
            *("HOST", "PORT", "codec_options", "delegate", "io_loop", "nodes", "options"),
            *("read_concern", "read_preference", "topology_description", "write_concern"),
        )
    ),
    "database": {"client": "client"}
    | dict.fromkeys(
        (
            *("codec_options", "delegate", "io_loop", "name"),
            *("read_concern", "read_preference", "write_concern"),
        )
    ),
    "collection": {"database": "database"}
    | dict.fromkeys(
        (
            *("codec_options", "delegate", "full_name", "io_loop", "name"),
            *("read_concern", "read_preference", "write_concern"),
        )
    ),
}
"""Attributes that are no database and no collection, and what they are."""

PARTS: Mapping[str, str] = {
    "client": "database",
    "database": "collection",
    "collection": "collection",
}
"""What any other attribute, or an item, of it is."""

GUESSES: Mapping[str, str] = {
    **dict.fromkeys(("mongo_client", "motor_client", "mongo"), "client"),
    **dict.fromkeys(("db", "_db", "database", "mongodb", "mongo_db", "motor_db"), "database"),
    **dict.fromkeys(("coll", "_coll", "collection", "_collection"), "collection"),
}
"""What a name is taken for if nothing else is known of it."""
