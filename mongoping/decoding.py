"""Decode text files: UTF-8 with or without a byte order mark, and UTF-16 with one.

Windows PowerShell 5 writes UTF-16 for ``>``, and some editors put a mark before UTF-8.
"""

from __future__ import annotations

import codecs
import io

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def encoding_of(head: bytes) -> str:
    """Return the encoding of a text that begins with these bytes; its codec drops the mark."""
    return "utf-16" if head.startswith(UTF_16_MARKS) else "utf-8-sig"


def decode(data: bytes, errors: str = "strict") -> str:
    """Return the text of a file. Raises UnicodeDecodeError."""
    return data.decode(encoding_of(data), errors)


def open_text(path: str, errors: str = "strict") -> TextIO:
    """Open a text file to read it line by line. Raises OSError."""
    binary = open(path, "rb")  # noqa: PTH123, SIM115 - the caller closes it
    return io.TextIOWrapper(binary, encoding=encoding_of(binary.peek(2)), errors=errors)
