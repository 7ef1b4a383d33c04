"""Parts of the JSON of `mongoping topology`."""

from __future__ import annotations

from typing import Any


def member(report: dict[str, Any], host: str) -> dict[str, Any]:
    return next(row for row in report["members"] if row["host"] == host)


def roles(report: dict[str, Any]) -> dict[str, str]:
    return {row["host"]: row["role"] for row in report["members"]}


def marks(row: dict[str, Any]) -> set[str]:
    return {mark["kind"] for name in row["names"] for mark in name["marks"]}


def set_name_by_pymongo(uri: str) -> str:
    """Connect with PyMongo and return the name of the set."""
    from pymongo import MongoClient

    client: Any = MongoClient(uri, serverSelectionTimeoutMS=20_000)
    try:
        return str(client.admin.command("hello").get("setName"))
    finally:
        client.close()
