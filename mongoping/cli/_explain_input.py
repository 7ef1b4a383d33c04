"""Read the input of ``mongoping explain``: text or logs of any length, gzip, UTF-8 or UTF-16."""

from __future__ import annotations

import codecs
import time
from collections.abc import Iterable, Iterator
from typing import BinaryIO

CHUNK = 1024 * 1024  # bytes to read or decompress at once
SNIFFED = 8 * 1024  # bytes to examine for signs of a binary file
GZIP = b"\x1f\x8b"  # RFC 1952, section 2.3.1
MIN_GAP = 8  # zero bytes at the beginning that are a gap
WIDE = 0.3  # minimum share of zero bytes in UTF-16 without a byte order mark
CONTROLS = bytes(set(range(0x20)) - set(b"\t\n\v\f\r\b\x1b"))  # rare in text
MAX_CONTROLS = 0.02  # share of the bytes of a text


MAX_UNPACKED = 256 * 1024 * 1024  # bytes; a small file can decompress to any size
MAX_UNPACKING_S = 20.0


class Bounds:
    """Limits on how much of a compressed log is read.

    Attributes:
        stopped: the part that was read if a limit was reached, else None.
    """

    def __init__(self, size: int = MAX_UNPACKED, seconds: float = MAX_UNPACKING_S) -> None:
        self._left = size
        self._until = time.monotonic() + seconds
        self._size, self._seconds = size, seconds
        self.stopped: str | None = None

    def take(self, size: int) -> bool:
        """Count decompressed bytes and return whether more may be read."""
        self._left -= size
        if self._left <= 0:
            self.stopped = f"{self._size // 1024**2} MiB of the decompressed log"
        elif time.monotonic() > self._until:
            self.stopped = (
                f"the part of the compressed log that could be read in {self._seconds:g} s"
            )
        return self.stopped is None


class NotText(Exception):  # noqa: N818 - a finding, not a bug
    """The input is binary."""


class BrokenInput(Exception):  # noqa: N818 - as above
    """The input is compressed and cannot be decompressed."""


def chunks(stream: BinaryIO, head: bytes = b"") -> Iterator[bytes]:
    """Yield a stream in pieces as they arrive, starting with what was already read."""
    if head:
        yield head
    while chunk := stream.read(CHUNK):
        yield chunk


def text(source: Iterable[bytes], bounds: Bounds | None = None) -> Iterator[str]:
    """Yield the text of a log; ``bounds`` limit a compressed one.

    Zero bytes are left out: a log that is truncated while a program writes to it begins with a
    gap of any length. Raises `NotText` or `BrokenInput`.
    """
    decoder: codecs.IncrementalDecoder | None = None
    is_gap = False
    for chunk in _unpacked(source, bounds or Bounds()):
        if decoder is None:
            is_gap = bool(chunk) and not chunk.strip(b"\0")
            if is_gap:
                continue
            decoder = codecs.getincrementaldecoder(encoding(chunk))("replace")
        yield decoder.decode(chunk).replace("\0", "")
    if decoder is not None:
        yield decoder.decode(b"", final=True)
    elif is_gap:
        raise NotText


def encoding(head: bytes) -> str:
    """Return the encoding: UTF-16 as PowerShell writes it, or UTF-8. Raises `NotText`.

    Other encodings such as Latin-1 are read as UTF-8 with replacement characters: the parts of
    an error that decide are ASCII.
    """
    gap = len(head) - len(head.lstrip(b"\0"))
    head = head[gap if gap >= MIN_GAP else 0 :][:SNIFFED]
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if b"\0" in head:
        even, odd = head[::2].count(0), head[1::2].count(0)
        if min(even, odd) == 0 and max(even, odd) > WIDE * len(head):
            return "utf-16-le" if odd else "utf-16-be"
        head = head.replace(b"\0", b"")
    if len(head) - len(head.translate(None, CONTROLS)) > MAX_CONTROLS * len(head):
        raise NotText
    return "utf-8-sig"


def _unpacked(source: Iterable[bytes], bounds: Bounds) -> Iterator[bytes]:
    """Yield gzip input decompressed piece by piece, and other input unchanged."""
    pieces = iter(source)
    for first in pieces:
        if first.startswith(GZIP):
            yield from _inflated(first, pieces, bounds)
        else:
            yield first
            yield from pieces


def _inflated(first: bytes, rest: Iterator[bytes], bounds: Bounds) -> Iterator[bytes]:
    """Decompress concatenated gzip files, at most `CHUNK` bytes at once.

    A file that is incomplete, such as a log that is still being written, ends without an error.
    """
    import zlib

    unpack = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    left = first
    while True:
        if not left:
            left = unpack.unconsumed_tail or next(rest, b"")
        if not left:
            return
        try:
            piece = unpack.decompress(left, CHUNK)
        except zlib.error as error:
            raise BrokenInput from error
        yield piece
        if not bounds.take(len(piece)):
            return
        left = unpack.unconsumed_tail
        if unpack.eof:
            left = unpack.unused_data
            if not left.startswith(GZIP[: len(left)]):
                return  # padding after the end
            unpack = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
