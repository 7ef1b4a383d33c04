"""Import PyMongo once, in a thread, however many runs ask for it at the same time."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

SWITCH_INTERVAL_S = 0.0005  # so that an import in a thread hardly delays a measured round trip

_importing = threading.Lock()
_shortcuts: list[None] = []


def allow_shortcuts() -> None:
    """Import PyMongo faster, by means that the whole process notices while it lasts.

    Only for a process that is mongoping's own: a module is hidden, and the switch interval of
    threads is changed. The library must do neither.
    """
    _shortcuts.append(None)


def import_pymongo() -> ModuleType:
    """Return the module `pymongo`, imported by the first thread that asks."""
    with _importing:  # one thread imports; the others find the modules complete
        if _shortcuts and "pymongo" not in sys.modules:
            with _switching_often(), _without_openssl_bindings():
                import pymongo
        import pymongo
    return pymongo


@contextlib.contextmanager
def _switching_often() -> Iterator[None]:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    try:
        yield
    finally:
        sys.setswitchinterval(interval)


@contextlib.contextmanager
def _without_openssl_bindings() -> Iterator[None]:
    """Keep PyMongo from importing pyOpenSSL, which its async half never uses.

    Measured with PyMongo's ``[ocsp]`` extra installed: its import takes twice as long.
    """
    name = "cryptography.x509"
    hidden = name not in sys.modules
    if hidden:
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        if hidden and sys.modules.get(name, hidden) is None:
            del sys.modules[name]
