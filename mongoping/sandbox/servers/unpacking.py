"""Take the server out of an archive, and nothing else."""

from __future__ import annotations

import os
import shutil
import tarfile
import zlib
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = "mongod"
MAX_PROGRAM = 2 << 30  # bytes; mongod 8 has about 200 million
MAX_UNPACKED = 8 << 30  # bytes that are read in search of it
MAX_MEMBERS = 10_000
MAX_DEPTH = 3  # FOLDER/bin/mongod


class NoProgram(Exception):  # noqa: N818 - it says what the archive lacks
    """An archive contains no server that can be used. The text is a clause without a period."""


def unpack(archive: Path, program: Path) -> None:
    """Write ``bin/mongod`` of a ``.tgz`` archive to the file ``program``, executable.

    No name from the archive becomes a path, and links in it are not followed.

    Raises:
        NoProgram: the archive is damaged or contains no such file.
        OSError: the file cannot be written.
    """
    try:
        with tarfile.open(archive, "r|gz") as members:
            for number, member in enumerate(members):
                if number >= MAX_MEMBERS or member.offset_data + member.size > MAX_UNPACKED:
                    raise NoProgram("it is too large")
                source = members.extractfile(member) if _is_program(member) else None
                if source is not None:
                    _write(source, program)
                    return
    except (tarfile.TarError, zlib.error, EOFError) as error:
        raise NoProgram(f"it is not a complete .tgz archive ({error})") from None
    raise NoProgram("it contains no bin/mongod")


def _is_program(member: tarfile.TarInfo) -> bool:
    parts = member.name.split("/")
    return (
        member.isreg()
        and member.size <= MAX_PROGRAM
        and len(parts) <= MAX_DEPTH
        and parts[-2:] == ["bin", PROGRAM]
    )


def _write(source: IO[bytes], program: Path) -> None:
    with program.open("xb") as target:
        shutil.copyfileobj(source, target, 1 << 20)
        target.flush()
        os.fsync(target.fileno())
    program.chmod(0o755)
