"""What ``mongoping explain`` is given, as text: logs of any length, packed ones, any encoding."""

from __future__ import annotations

import codecs
import time
from collections.abc import Iterable, Iterator
from typing import BinaryIO

CHUNK = 1024 * 1024  # bytes that are read, and that are unpacked, at once
SNIFFED = 8 * 1024  # bytes in which a binary file shows itself
GZIP = b"\x1f\x8b"  # RFC 1952, section 2.3.1
WIDE = 0.3  # of the bytes of a text in UTF-16 without its mark are zeros, all on one side
CONTROLS = bytes(set(range(0x20)) - set(b"\t\n\v\f\r\b\x1b"))  # in no text, but for a stray one
MOST_CONTROLS = 0.02  # of the bytes of a text, at most


MAX_UNPACKED = 256 * 1024 * 1024  # bytes; a small file can unpack to any size
MAX_UNPACKING_S = 20.0


class Bounds:
    """How much of a packed log was read.

    Attributes:
        stopped: why the rest was left out, else None.
    """

    def __init__(self, size: int = MAX_UNPACKED, seconds: float = MAX_UNPACKING_S) -> None:
        self._left = size
        self._until = time.monotonic() + seconds
        self._size, self._seconds = size, seconds
        self.stopped: str | None = None

    def take(self, size: int) -> bool:
        """Count unpacked bytes; return whether more may be read."""
        self._left -= size
        if self._left <= 0:
            self.stopped = f"{self._size // 1024**2} MiB of the unpacked log"
        elif time.monotonic() > self._until:
            self.stopped = f"what could be read of the packed log in {self._seconds:g} s"
        return self.stopped is None


class NotText(Exception):  # noqa: N818 - it says what was found, and is no defect
    """What was given is binary."""


class Broken(Exception):  # noqa: N818 - as above
    """What was given is packed, and cannot be unpacked."""


def chunks(stream: BinaryIO, head: bytes = b"") -> Iterator[bytes]:
    """Yield a stream in pieces as they arrive, starting with what was already read."""
    if head:
        yield head
    while chunk := stream.read(CHUNK):
        yield chunk


def text(source: Iterable[bytes], bounds: Bounds | None = None) -> Iterator[str]:
    """Yield the text of a log, of a packed one within bounds; raises `NotText` or `Broken`."""
    decoder: codecs.IncrementalDecoder | None = None
    for chunk in _unpacked(source, bounds or Bounds()):
        if decoder is None:
            decoder = codecs.getincrementaldecoder(encoding(chunk))("replace")
        yield decoder.decode(chunk)
    if decoder is not None:
        yield decoder.decode(b"", final=True)


def encoding(head: bytes) -> str:
    """UTF-16 as PowerShell writes it, or UTF-8; raises `NotText`.

    What is neither, as Latin-1, is read as UTF-8 with marks in place of its letters: what decides
    in an error is ASCII.
    """
    head = head[:SNIFFED]
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if b"\0" in head:
        even, odd = head[::2].count(0), head[1::2].count(0)
        if min(even, odd) == 0 and max(even, odd) > WIDE * len(head):
            return "utf-16-le" if odd else "utf-16-be"
        raise NotText
    if len(head) - len(head.translate(None, CONTROLS)) > MOST_CONTROLS * len(head):
        raise NotText
    return "utf-8-sig"


def _unpacked(source: Iterable[bytes], bounds: Bounds) -> Iterator[bytes]:
    """Yield what gzip has packed, unpacked piece by piece; all else as it is."""
    pieces = iter(source)
    for first in pieces:
        if first.startswith(GZIP):
            yield from _inflated(first, pieces, bounds)
        else:
            yield first
            yield from pieces


def _inflated(first: bytes, rest: Iterator[bytes], bounds: Bounds) -> Iterator[bytes]:
    """Yield one packed file after the other, never more than `CHUNK` of it at once.

    A log that is still being written, or was cut off, ends where it ends.
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
            raise Broken from error
        yield piece
        if not bounds.take(len(piece)):
            return
        left = unpack.unconsumed_tail
        if unpack.eof:
            left = unpack.unused_data
            if not left.startswith(GZIP[: len(left)]):
                return  # padding behind the end
            unpack = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
