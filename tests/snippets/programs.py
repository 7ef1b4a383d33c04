"""Snippets by name, what they print, and a secret that no output may contain."""

from __future__ import annotations

from mongoping.snippets import Snippet, find

PING_MESSAGE = "Pinged your deployment. You are connected to MongoDB!"
SECRET = "canary-7f3a"


def find_snippet(name: str) -> Snippet:
    snippet = find(name)
    assert snippet is not None
    return snippet
