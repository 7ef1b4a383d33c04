"""Read the input of ``mongoping explain``: text or logs of any length, gzip, UTF-8 or UTF-16."""

from __future__ import annotations

import codecs
import time
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from mongoping.decoding import encoding_of

CHUNK = 1024 * 1024  # bytes to read or decompress at once
SAMPLE_BYTES = 8 * 1024  # bytes to examine for signs of a binary file
GZIP = b"\x1f\x8b"  # RFC 1952, section 2.3.1
MIN_GAP = 8  # zero bytes at the beginning that are a gap
WIDE = 0.3  # minimum share of zero bytes in UTF-16 without a byte order mark
CONTROLS = bytes(set(range(0x20)) - set(b"\t\n\v\f\r\b\x1b"))  # rare in text
MAX_CONTROLS = 0.02  # share of the bytes of a text


MAX_UNPACKED = 256 * 1024 * 1024  # bytes; a small file can decompress to any size
MAX_UNPACKING_S = 20.0
MAX_READING_S = 120.0  # for a log that is not compressed, about 1 GB


class Bounds:
    """Limits on how much of a log is read.

    Only the CPU time of this process counts, not the wait for a slow pipe. The size is limited
    for a compressed log only, because its file does not show how long it is.

    Attributes:
        stopped: the part that was read if a limit was reached, else None.
    """

    def __init__(
        self,
        size: int = MAX_UNPACKED,
        seconds: float = MAX_UNPACKING_S,
        reading_seconds: float = MAX_READING_S,
    ) -> None:
        self._size, self._seconds, self._reading_seconds = size, seconds, reading_seconds
        self._begin = time.process_time()
        self._taken = 0
        self.stopped: str | None = None

    def unpack(self, size: int) -> bool:
        """Count decompressed bytes and return whether more may be read."""
        self._taken += size
        if self._taken >= self._size:
            self.stopped = f"the first {self._taken // 1024**2} MiB of the decompressed log"
        elif self._seconds_spent() >= self._seconds:
            self.stopped = f"{self._beginning(self._seconds)} of the decompressed log"
        return self.stopped is None

    def read(self, size: int) -> bool:
        """Count bytes of a log that is not compressed, and return whether more may be read."""
        self._taken += size
        if self._seconds_spent() >= self._reading_seconds:
            self.stopped = f"{self._beginning(self._reading_seconds)} of the log"
        return self.stopped is None

    def _beginning(self, seconds: float) -> str:
        return f"the first {self._taken // 1024**2:,} MiB ({seconds:g} s of CPU time)"

    def _seconds_spent(self) -> float:
        return time.process_time() - self._begin


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
    """Yield the text of a log within ``bounds``.

    Zero bytes are left out: a log that is truncated while a program writes to it begins with a
    gap of any length. Raises `NotText` or `BrokenInput`.
    """
    decoder: codecs.IncrementalDecoder | None = None
    is_gap = False
    for chunk in _unpack(source, bounds or Bounds()):
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
    head = head[gap if gap >= MIN_GAP else 0 :][:SAMPLE_BYTES]
    if (encoding := encoding_of(head)) == "utf-16":
        return encoding
    if b"\0" in head:
        even, odd = head[::2].count(0), head[1::2].count(0)
        if min(even, odd) == 0 and max(even, odd) > WIDE * len(head):
            return "utf-16-le" if odd else "utf-16-be"
        head = head.replace(b"\0", b"")
    if len(head) - len(head.translate(None, CONTROLS)) > MAX_CONTROLS * len(head):
        raise NotText
    return encoding


def _unpack(source: Iterable[bytes], bounds: Bounds) -> Iterator[bytes]:
    """Yield gzip input decompressed piece by piece, and other input unchanged."""
    pieces = iter(source)
    first = next(pieces, b"")
    unpacker = _inflate if first.startswith(GZIP) else _bounded_pieces
    return unpacker(first, pieces, bounds)


def _bounded_pieces(first: bytes, rest: Iterator[bytes], bounds: Bounds) -> Iterator[bytes]:
    """Yield pieces of a log that is not compressed until the time is up."""
    yield first
    before = first
    for piece in rest:  # only if there is more, something is left out
        if not bounds.read(len(before)):
            return
        yield piece
        before = piece


def _inflate(first: bytes, rest: Iterator[bytes], bounds: Bounds) -> Iterator[bytes]:
    """Decompress concatenated gzip files, at most `CHUNK` bytes at once.

    A file that is incomplete, such as a log that is still being written, ends without an error.
    """
    import zlib

    unpack = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    left_over = first
    while True:
        if not left_over:
            left_over = unpack.unconsumed_tail or next(rest, b"")
        if not left_over:
            return
        try:
            piece = unpack.decompress(left_over, CHUNK)
        except zlib.error as error:
            raise BrokenInput from error
        yield piece
        if not bounds.unpack(len(piece)):
            return
        left_over = unpack.unconsumed_tail
        if unpack.eof:
            left_over = unpack.unused_data
            if not left_over.startswith(GZIP[: len(left_over)]):
                return  # padding after the end
            unpack = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
