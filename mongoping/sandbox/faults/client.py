"""What is wrong on this side of the connection."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from mongoping.sandbox.fault import Fault, fault, plain
from mongoping.sandbox.faults.hello import played
from mongoping.sandbox.played import standalone

if TYPE_CHECKING:
    from collections.abc import Iterator


@fault("client.compressor-missing", warning=True)
def compressor_missing() -> Iterator[Fault]:
    """The string asks for compression by a module that is not installed."""
    with plain() as whole:
        yield Fault(
            whole.uri_with(compressors="snappy"),
            remedy_uri=whole.uri_with(compressors="zlib"),
            note="Real as long as python-snappy is not installed.",
        )


@fault("client.module-shadowed")
def module_shadowed() -> Iterator[Fault]:
    """A file of the program is called bson.py."""
    with plain() as whole, tempfile.TemporaryDirectory(prefix="mongoping-") as folder:
        file = Path(folder) / "bson.py"
        file.write_text("notes = []\n")
        env = {"PYTHONPATH": folder, "PYTHONDONTWRITEBYTECODE": "1"}
        yield Fault(whole.uri, env=env, repair=file.unlink)


@fault("client.clock-skew", warning=True, layer="hello")
def clock_skew() -> Iterator[Fault]:
    """The server's clock is an hour ahead of this one."""
    later = datetime.now(UTC) + timedelta(hours=1)
    with played(standalone(localTime=later), "The server is played.") as made:
        yield made
