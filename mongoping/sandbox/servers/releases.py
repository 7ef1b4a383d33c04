"""Read MongoDB's lists of releases and checksums, and choose an archive. Pure.

MongoDB publishes two lists of the same form: ``current.json`` has the newest release of each
supported series, and ``full.json`` (some 50 MB) has all of them. Only names and checksums are
taken from a list, never an address.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from mongoping.sandbox.servers import versions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mongoping.sandbox.servers.machine import Platform

MAX_URL = 500  # characters; MongoDB's have about 90
MAX_RELEASES = 100_000  # MongoDB has published some 800

_ARCHIVE = re.compile(
    r"mongodb-((?:linux|macos)-[a-z0-9_]{1,20}(?:-[a-z0-9]{1,20})?)"
    r"-([0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}(?:-[a-z]{1,10}[0-9]{1,4})?)\.tgz"
)
_DIGEST = re.compile(r"[0-9a-f]{64}")
_CHECKSUM_FILE = re.compile(r"\s{0,10}([0-9a-fA-F]{64})(?:\s|\Z)")
_START = re.compile(r'"versions"\s{0,100}:\s{0,100}\[')
_BETWEEN = re.compile(r"[\s,]{0,1000}")


class Archive(NamedTuple):
    """An archive with a release. ``sha256`` is None if it is not known."""

    version: str
    platform: str
    sha256: str | None = None


class NoListError(ValueError):
    """The data are not one of MongoDB's lists of releases."""


def archive_named(name: str) -> Archive | None:
    """Return what the file name of a Community Server's archive says, or None for others."""
    match = _ARCHIVE.fullmatch(name)
    return Archive(match[2], match[1]) if match else None


def archives_in(data: bytes) -> Iterator[Archive]:
    """Yield the Community Servers in a list of releases.

    Decodes one release after the other, because all of them together take ten times the memory.

    Raises:
        NoListError: the data have another form.
    """
    text = data.decode("utf-8", "replace")
    start = _START.search(text)
    if start is None:
        raise NoListError("there are no versions in it")
    decoder, place = json.JSONDecoder(), start.end()
    for _ in range(MAX_RELEASES):
        between = _BETWEEN.match(text, place)
        place = between.end() if between else place
        if text[place : place + 1] == "]":
            return
        try:
            release, place = decoder.raw_decode(text, place)
        except (ValueError, RecursionError) as error:
            raise NoListError("it ends early or is not JSON") from error
        yield from _archives_of(release)
    raise NoListError("it has too many entries")


def _archives_of(release: Any) -> Iterator[Archive]:
    downloads = release.get("downloads") if isinstance(release, dict) else None
    for download in downloads if isinstance(downloads, list) else ():
        entry = download.get("archive") if isinstance(download, dict) else None
        if isinstance(entry, dict) and (archive := _archive_at(entry.get("url"))) is not None:
            yield archive._replace(sha256=_digest(entry.get("sha256")))


def _archive_at(url: Any) -> Archive | None:
    if not isinstance(url, str) or len(url) > MAX_URL:
        return None
    return archive_named(url.rpartition("/")[2])


def _digest(value: Any) -> str | None:
    return value.lower() if isinstance(value, str) and _DIGEST.fullmatch(value.lower()) else None


def is_digest(text: str) -> bool:
    """Return whether a text is a SHA-256 in hexadecimal digits."""
    return _digest(text) is not None


def newest(
    archives: Iterable[Archive], version: str, platforms: Sequence[Platform]
) -> Archive | None:
    """Return the newest release of a series that has an archive for one of the platforms.

    Earlier platforms are better. A series contains finished releases only; a release candidate has
    to be named.
    """
    ranks = {platform.name: -rank for rank, platform in enumerate(platforms)}
    matching = [
        archive
        for archive in archives
        if archive.platform in ranks
        and versions.belongs(archive.version, version)
        and (versions.is_finished(archive.version) or archive.version == version)
    ]
    return max(
        matching,
        key=lambda archive: (versions.key(archive.version), ranks[archive.platform]),
        default=None,
    )


def checksum_in(data: bytes) -> str | None:
    """Return the SHA-256 at the start of a file such as ``ARCHIVE.tgz.sha256``, or None.

    A page with an error message may contain digests too, but does not start with one.
    """
    match = _CHECKSUM_FILE.match(data.decode("ascii", "replace"))
    return match[1].lower() if match else None
