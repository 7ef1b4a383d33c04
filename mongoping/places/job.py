"""What to check in another place, as it is sent over standard input. It contains secrets."""

from __future__ import annotations

import base64
import hashlib
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from mongoping.fleet.plan import Plan
from mongoping.places.wire import encode
from mongoping.record import NOTHING, Record

if TYPE_CHECKING:
    from mongoping.settings import Settings
    from mongoping.smoke.targets import Smoke
    from mongoping.uri.target import ParsedUri

FILES = ("tlsCAFile", "tlsCertificateKeyFile", "tlsCRLFile")
"""Options that name a file: one that exists here is sent along, another one is read there."""
MAX_FILE = 10_000_000  # bytes; revocation lists reach some megabytes
START_S = 45.0  # to unpack, to import and to end, on a small and busy machine
Kind = Literal["check", "smoke", "topology", "fleet", "watch"]
ENDLESS: tuple[Kind, ...] = ("fleet", "watch")
"""Runs whose other side ends only with the connection."""


class Item:
    """A target for another place. Its repr is empty, because it contains the password.

    Attributes:
        uri: the connection string with everything that was given separately.
        settings: those of the run.
        details: what a kind of run needs in addition, as types of JSON.
        uses_tls: whether the connections use TLS.
    """

    __slots__ = ("_paths", "details", "settings", "uri", "uses_tls")

    def __init__(
        self, uri: ParsedUri, settings: Settings, details: Mapping[str, Any] = NOTHING
    ) -> None:
        if uri.credentials is None or uri.target is None:
            raise ValueError("the connection string is not valid")
        options = uri.target.options
        self.uri = uri.credentials.uri
        self.settings = sendable(settings)
        self.details = dict(details)
        self.uses_tls = options.get("tls", uri.target.srv) is True
        self._paths = {option: options[option] for option in FILES if option in options}

    def __repr__(self) -> str:
        return "Item(***)"

    def files(self) -> Iterable[tuple[str, str, bytes]]:
        """Yield the option, the path and the contents of each file that is here."""
        for option, path in self._paths.items():
            if isinstance(path, str) and (data := _contents(path)) is not None:
                yield option, path, data


def _contents(path: str) -> bytes | None:
    try:
        if not stat.S_ISREG(Path(path).stat().st_mode):
            return None
        with Path(path).open("rb") as file:
            data = file.read(MAX_FILE + 1)
    except (OSError, ValueError):
        return None
    return data if len(data) <= MAX_FILE else None


class Job(Record):
    """A run in another place.

    Attributes:
        kind: the command.
        items: the targets; a message names its target by the number.
        limit_s: the longest time without a message. After it, the other side ends by itself,
            except for the kinds in `ENDLESS`.
        ip_version: 4 or 6 if only one of them may be used.
        details: what a kind of run needs in addition, as types of JSON.
    """

    kind: Kind
    items: tuple[Item, ...]
    limit_s: float
    ip_version: int | None = None
    details: Mapping[str, Any] = NOTHING

    @property
    def uses_tls(self) -> bool:
        """Return whether a target uses TLS."""
        return any(item.uses_tls for item in self.items)

    def as_json(self, vantage: str) -> dict[str, Any]:
        """Return the job for a place. It contains secrets: never log it."""
        contents: dict[str, str] = {}
        items = [_item(item, contents) for item in self.items]
        return {
            "kind": self.kind,
            "vantage": vantage,
            "items": items,
            "limit_s": self.limit_s,
            "ip_version": self.ip_version,
            "files": contents,
            "details": dict(self.details),
        }


def _item(item: Item, contents: dict[str, str]) -> dict[str, Any]:
    """Return a target as types of JSON, and add its files to ``contents`` by their names there."""
    files = {}
    for option, path, data in item.files():
        name = f"{hashlib.sha256(data).hexdigest()[:16]}.pem"
        contents[name] = base64.b64encode(data).decode()
        files[option] = [name, path]
    plan = Plan(settings=item.settings).as_json()
    return {"uri": item.uri, "plan": plan, "details": item.details, "files": files}


def sendable(settings: Settings) -> Settings:
    """Return the settings for another place, without what concerns only this machine."""
    return settings.replace(atlas_api_url=None, python=None, project_python=None, sandbox_ports=())


def smoke_item(target: Smoke) -> Item:
    """Return a target of a smoke test."""
    details = {
        "plan": encode(target.plan),
        "wanted": [[requirement.kind.name, requirement.given] for requirement in target.wanted],
        "write_check": target.write_check,
        "name": target.name,
    }
    return Item(target.parsed, target.settings, details)


def limit_of(settings: Iterable[Settings], *, extra_s: float = 0.0) -> float:
    """Return for how many seconds a run can take: that of its slowest target, and its start."""
    longest = max((row.deadline + row.extension for row in settings), default=0.0)
    return longest + extra_s + START_S
