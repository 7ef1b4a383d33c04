"""Names in Motor and their counterparts in PyMongo Async. Pure data.

The tables compare the classes of Motor 3.7 with those of PyMongo 4.13 to 4.20, method by method;
a test repeats the comparison.
"""

from __future__ import annotations

from collections.abc import Mapping

from mongoping.record import Record

MARK = "FIXME(motor):"
"""The prefix of a comment about something that needs a decision."""


class Class(Record):
    """A class of PyMongo Async: its module, its name, and its kind here."""

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
    prefix + suffix: kind_name
    for suffix, kind_name in SUFFIXES.items()
    for prefix in ("AsyncIOMotor", "Motor", "Agnostic")
}
"""Motor's classes for asyncio and for Tornado, and the base classes of both."""

NEW_CLASSES: Mapping[str, Class] = {new.name: new for new in SUFFIXES.values()}
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
    # read and similar: iterating over bucket.find() in Motor yields synchronous files
    "grid_out": frozenset({"close", "read", "readchunk", "readline", "seek"}),
}
"""Methods that are synchronous in Motor, and coroutines in PyMongo Async."""

NOT_AWAITED: Mapping[str, frozenset[str]] = {
    "client": frozenset({"start_session"}),
    "encryption": frozenset({"get_keys"}),
}
"""Methods that are coroutines in Motor, and synchronous in PyMongo Async."""

PROPERTIES = frozenset({"address", "arbiters", "is_mongos", "is_primary", "primary", "secondaries"})
"""Properties of the client that must be awaited in PyMongo Async."""

REMOVED_ARGUMENTS: Mapping[str, frozenset[str]] = {"client": frozenset({"io_loop", "connect"})}
RENAMED_ARGUMENTS: Mapping[str, Mapping[str, str]] = {"bucket": {"collection": "bucket_name"}}

REMOVED_NAMES: Mapping[str, str] = {
    "each": "PyMongo has no each(): iterate with async for",
    "fetch_next": "PyMongo has no fetch_next: iterate with async for, or await cursor.next()",
    "next_object": "PyMongo has no next_object(): iterate with async for, or await cursor.next()",
    "get_io_loop": "PyMongo has no get_io_loop(): start the program with asyncio.run(), and use "
    "asyncio.get_running_loop() in coroutines",
    "io_loop": "PyMongo has no io_loop: use asyncio.get_running_loop() in coroutines",
    "delegate": "PyMongo has no delegate: there is no underlying synchronous client",
    "stream_to_handler": "PyMongo has no stream_to_handler(): pass chunks to the handler",
    "wrap": "PyMongo has no wrap()",
}
"""Attributes of Motor's objects that PyMongo Async lacks, with advice."""

DISTINCTIVE = frozenset({"aggregate_raw_batches", "list_indexes", "list_search_indexes"})
"""Methods that only a collection has, so they identify one."""

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
"""The kinds that methods return, awaited or not."""

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
"""Attributes that are not databases or collections, and their kinds."""

PARTS: Mapping[str, str] = {
    "client": "database",
    "database": "collection",
    "collection": "collection",
}
"""The kind of any other attribute or item."""

GUESSES: Mapping[str, str] = {
    **dict.fromkeys(("mongo_client", "motor_client", "mongo"), "client"),
    **dict.fromkeys(("db", "_db", "database", "mongodb", "mongo_db", "motor_db"), "database"),
    **dict.fromkeys(("coll", "_coll", "collection", "_collection"), "collection"),
}
"""The kind assumed for a name if nothing else is known about it."""
