"""Obtain the server that the user names: by a version, a URL or a path.

A version that is on this machine is used; otherwise MongoDB's archive for this platform is
downloaded, compared with its published SHA-256, and kept in the cache.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol
from urllib.parse import urlsplit

from mongoping.escape import printable
from mongoping.sandbox.mongods import Mongod, NoMongod, NotAServer, find_mongod, libraries, usable
from mongoping.sandbox.servers import cache, releases, transport, versions
from mongoping.sandbox.servers.machine import Machine, Platform, platforms, refusal, this_machine
from mongoping.sandbox.servers.releases import Archive
from mongoping.sandbox.servers.unpacking import PROGRAM, NoProgram, unpack
from mongoping.signals import temporary_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from contextlib import AbstractContextManager

MIRROR = "MONGOPING_SERVERS_URL"
"""Environment variable: the address of a mirror of MongoDB's downloads."""

ARCHIVES_URL, LISTS_URL = "https://fastdl.mongodb.org", "https://downloads.mongodb.org"
LISTS = ("current.json", "full.json")

MAX_ARCHIVE = 1 << 30  # bytes; the archives have 60 to 200 million
MAX_LIST = 200 << 20  # bytes; full.json has 50 million
MAX_CHECKSUM = 4096  # bytes; the files have about 120
DOWNLOAD_S, LIST_S, CHECKSUM_S = 3600.0, 600.0, 60.0
CHECKSUM = ".sha256"
GZIP = b"\x1f\x8b"
ARCHIVE_NAMES = (".tgz", ".tar.gz")


class Progress(Protocol):
    """Shows the user what happens."""

    def say(self, text: str) -> None:
        """Show a sentence."""

    def downloading(
        self, name: str, size: int | None
    ) -> AbstractContextManager[Callable[[int], object]]:
        """Return a context that is given the number of bytes as they arrive."""


class Checksum(NamedTuple):
    """The SHA-256 that an archive must have, and where it comes from, for messages."""

    digest: str
    origin: str


class Source(NamedTuple):
    """The address of archives and lists of releases, without a slash at the end."""

    archives: str = ARCHIVES_URL
    lists: str = LISTS_URL

    def archive(self, platform: Platform, version: str) -> str:
        """Return the URL of an archive."""
        return f"{self.archives}/{platform.folder}/{platform.archive(version)}"


def check_name(version: str) -> None:
    """Raise ValueError, with a sentence, unless a text names a server: version, URL or path."""
    if versions.is_version(version) or transport.is_url(version):
        return
    if "://" in version:
        raise ValueError(
            f"{_printable_url(version)} is no URL that starts with https:// or http://."
        )
    if not _exists(version):
        raise ValueError(
            f"{printable(version)!r} is neither a version such as 8.0 or 8.0.4, nor a URL, "
            "nor a file or folder that exists."
        )


def _exists(path: str) -> bool:
    try:
        return bool(path) and Path(path).expanduser().exists()
    except (OSError, RuntimeError):  # too long, or the home of a user that does not exist
        return False


def _printable_url(url: str) -> str:
    try:
        return transport.printable_url(url)
    except ValueError:
        return "the value"


def obtain(version: str, progress: Progress) -> Mongod:
    """Return a server that runs here; see `check_name` for its names.

    Raises:
        NoMongod: it cannot be obtained; the text is a sentence.
    """
    if versions.is_version(version):
        with contextlib.suppress(NoMongod):
            return find_mongod(version)
        return usable(_version(version, progress))
    if transport.is_url(version):
        return usable(_from_url(version, progress))
    return usable(_from_path(Path(version).expanduser()))


def source() -> Source:
    """Return MongoDB's servers, or the mirror in `MIRROR`. Raises `NoMongod` for another value."""
    mirror = os.environ.get(MIRROR, "").strip().rstrip("/")
    if not mirror:
        return Source()
    if not transport.is_url(mirror):
        raise NoMongod(f"{MIRROR} must be a URL that starts with https:// or http://.")
    return Source(mirror, mirror)


def _version(version: str, progress: Progress) -> Path:
    """Return the program of a version, from the cache or the network."""
    machine = this_machine(libraries().values())
    candidates = platforms(machine)
    if not candidates:
        raise NoMongod(
            f"{refusal(machine)}: pass the path of a mongod that runs here, --server PATH."
        )
    for entry in cache.kept_servers(version, candidates):
        return entry.program
    place = source()
    try:
        archive = _choose(place, version, machine, candidates)
        platform = next(candidate for candidate in candidates if candidate.name == archive.platform)
        url = place.archive(platform, archive.version)
        digest = archive.sha256 or _published_checksum(url)
    except transport.Unavailable as error:
        raise _unreachable(f"MongoDB {version}", error) from None
    if digest is None:
        raise NoMongod(
            f"{transport.printable_url(url)} has no published SHA-256 to compare it with."
        )
    name = platform.archive(archive.version).removesuffix(".tgz")
    return _keep(name, url, Checksum(digest, "the published one"), progress)


def _unreachable(what: str, error: transport.Unavailable) -> NoMongod:
    return NoMongod(
        f"{what} cannot be downloaded, because {error}; a mongod or an archive that is on this "
        "machine works without a network: --server PATH."
    )


def _choose(
    place: Source, version: str, machine: Machine, candidates: Iterable[Platform]
) -> Archive:
    """Return the best archive. Raises `NoMongod`, or `Unavailable` from the network."""
    fitting = [platform for platform in candidates if not platform.lacks]
    if versions.is_release(version):
        for platform in fitting:
            digest = _published_checksum(place.archive(platform, version))
            if digest is not None:
                return Archive(version, platform.name, digest)
    archives: list[Archive] | None = None
    for name in LISTS:
        with contextlib.suppress(transport.Absent):
            archives = _archives_of(f"{place.lists}/{name}", version)
            archive = releases.newest(archives, version, fitting)
            if archive is not None:
                return archive
    if archives is None:
        raise NoMongod(_no_answer(place, version, machine))
    raise NoMongod(_no_build(place, version, machine, candidates, archives))


def _archives_of(url: str, version: str) -> list[Archive]:
    """Return the archives of a series in a list of releases."""
    data = transport.fetch(url, MAX_LIST, LIST_S)
    try:
        every = releases.archives_in(data)
        return [archive for archive in every if versions.belongs(archive.version, version)]
    except releases.NoListError as error:
        raise transport.Unavailable(
            f"{transport.printable_url(url)} is not MongoDB's list of releases ({error})"
        ) from None


def _published_checksum(url: str) -> str | None:
    """Return the SHA-256 beside an archive, or None if there is none.

    Raises `Unavailable` if the server cannot be asked, or answers with something else.
    """
    try:
        data = transport.fetch(url + CHECKSUM, MAX_CHECKSUM, CHECKSUM_S)
    except transport.Absent:
        return None
    digest = releases.checksum_in(data)
    if digest is None:
        raise transport.Unavailable(f"{transport.printable_url(url)}{CHECKSUM} contains no SHA-256")
    return digest


def _no_answer(place: Source, version: str, machine: Machine) -> str:
    """Return what to do if the server has no list of releases, or does not give it to us."""
    host = transport.host_of(place.lists)
    lists = " and ".join(LISTS)
    if versions.is_release(version):
        return (
            f"MongoDB {version} for {machine.title} was not found, nor the lists of releases "
            f"({lists} on {host}): check the version, and whether a proxy or the server refuses "
            "such files."
        )
    return (
        f"{host} has no {lists}, or refuses them: name a release with three numbers, such as "
        "8.0.4, if it is a mirror without these lists."
    )


def _no_build(
    place: Source,
    version: str,
    machine: Machine,
    candidates: Iterable[Platform],
    archives: Sequence[Archive],
) -> str:
    """Return why none of the archives with a version runs here."""
    if not archives:
        host = transport.host_of(place.lists)
        return f"{host} lists no MongoDB {version}: check the version."
    lacking = [platform for platform in candidates if platform.lacks]
    near = releases.newest(archives, version, lacking)
    if near is None:
        return f"MongoDB {version} has no archive for {machine.title}."
    lacks = next(platform.lacks for platform in lacking if platform.name == near.platform)
    return (
        f"MongoDB {version} does not run on {machine.title}: its build {near.platform} needs "
        f"{lacks}, which was not found here."
    )


def _from_url(url: str, progress: Progress) -> Path:
    """Return the program in the archive at a URL, from the cache or the network."""
    bare, _, fragment = url.partition("#")
    digest: str | None
    origin = "the one in the URL" if fragment else "the published one"
    if fragment:
        digest = fragment.removeprefix("sha256=").lower()
        if not releases.is_digest(digest):
            raise NotAServer(
                f"After # in {transport.printable_url(url)}, write sha256= and 64 hex digits."
            )
    else:
        try:
            digest = _published_checksum(bare)
        except transport.Unavailable as error:
            raise _unreachable(transport.printable_url(bare), error) from None
    if digest is None:
        _require_archive(bare)
        raise NoMongod(
            f"{transport.printable_url(bare)} has no file {CHECKSUM} beside it to compare it with: "
            "add #sha256= and the SHA-256 of the archive to the URL."
        )
    return _keep(digest[:32], bare, Checksum(digest, origin), progress)


def _require_archive(url: str) -> None:
    """Raise `NoMongod` if the server does not have the file at a URL. Reads no content."""
    try:
        with transport.open_url(url, MAX_ARCHIVE, CHECKSUM_S):
            pass
    except transport.Unavailable as error:
        raise _unreachable(transport.printable_url(url), error) from None


def _keep(name: str, url: str, checksum: Checksum, progress: Progress) -> Path:
    """Download an archive into the cache unless it is there, and return its program."""

    def make(draft: Path) -> Path:
        archive = draft / "archive.tgz"
        _download(url, archive, checksum, progress)
        return archive

    return _fill(name, transport.printable_url(url), make, progress)


def _fill(name: str, label: str, make: Callable[[Path], Path], progress: Progress) -> Path:
    """Unpack an archive that ``make`` puts into a folder, unless the cache has its program."""
    program = cache.program_of(name)
    if program.is_file():
        return program

    def wait() -> None:
        progress.say("Waiting for another process that downloads the same server.")

    try:
        with cache.reserve(name, wait):
            if program.is_file():  # another process was faster
                return program
            with temporary_folder(cache.folder(), f"{name}{cache.DRAFT}") as draft:
                unpack(make(draft), draft / PROGRAM)
                program.parent.mkdir(exist_ok=True)
                (draft / PROGRAM).replace(program)
    except NoProgram as error:
        raise NoMongod(f"{label} cannot be used: {error}.") from None
    except OSError as error:
        words = printable(error.strerror or str(error))
        raise NoMongod(
            f"The server cannot be kept in {printable(str(cache.folder()))}: {words}."
        ) from None
    return program


def _download(url: str, archive: Path, checksum: Checksum, progress: Progress) -> None:
    """Write a file and compare its SHA-256. Raises `NoMongod`, or OSError if it cannot write."""
    name = printable(urlsplit(url).path.rpartition("/")[2])
    actual = hashlib.sha256()
    try:
        with (
            transport.open_url(url, MAX_ARCHIVE, DOWNLOAD_S) as reply,
            archive.open("xb") as target,
            progress.downloading(f"{name} from {transport.host_of(url)}", reply.size) as advance,
        ):
            for chunk in reply.chunks:
                actual.update(chunk)
                target.write(chunk)
                advance(len(chunk))
    except transport.Unavailable as error:
        raise _unreachable(name, error) from None
    if actual.hexdigest() != checksum.digest:
        archive.unlink()
        raise NoMongod(
            f"{name} was deleted, because its SHA-256 does not match {checksum.origin}: "
            f"expected {checksum.digest}, actual {actual.hexdigest()}."
        )
    progress.say(f"The SHA-256 matches {checksum.origin}.")


def _from_path(path: Path) -> Path:
    """Return the program that a path leads to: itself, in a folder, or in an archive."""
    if path.is_dir():
        for name in (PROGRAM, f"{PROGRAM}.exe"):
            for program in (path / name, path / "bin" / name):
                if program.is_file():
                    return program.resolve()
        raise NotAServer(f"There is no {PROGRAM} and no bin/{PROGRAM} in {printable(str(path))}.")
    if not path.is_file():
        raise NotAServer(f"{printable(str(path))} is neither a file nor a folder.")
    try:
        with path.open("rb") as stream:
            if stream.read(len(GZIP)) != GZIP and not path.name.endswith(ARCHIVE_NAMES):
                return _program(path.resolve())
            stream.seek(0)
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        words = printable(error.strerror or str(error))
        raise NoMongod(f"{printable(str(path))} cannot be read: {words}.") from None
    return _fill(digest[:32], printable(str(path)), lambda _: path, _Silent())


def _program(path: Path) -> Path:
    """Return the path of a program. Raises `NotAServer` if the file cannot be executed."""
    if not os.access(path, os.X_OK):
        raise NotAServer(
            f"{printable(str(path))} is not executable: name a {PROGRAM}, a folder that contains "
            "one, or an archive (.tgz)."
        )
    return path


class _Silent:
    """Shows nothing."""

    def say(self, text: str) -> None:
        """Show nothing."""

    def downloading(
        self, name: str, size: int | None
    ) -> AbstractContextManager[Callable[[int], object]]:
        """Show nothing."""
        return contextlib.nullcontext(lambda count: None)
