"""Import PyMongo once, even if several runs in different threads ask for it."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

SWITCH_INTERVAL_S = 0.0005  # so that the import thread hardly delays a measured round trip

_importing = threading.Lock()
_shortcuts: list[None] = []


def allow_shortcuts() -> None:
    """Import PyMongo faster, with side effects on the whole process while the import runs.

    Only for mongoping's own process: the import hides a module and changes the switch interval
    of threads, which a library must not do.
    """
    _shortcuts.append(None)


def import_pymongo() -> ModuleType:
    """Import the module `pymongo` and return it."""
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
    hides = name not in sys.modules
    if hides:
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        if hides and sys.modules.get(name, hides) is None:
            del sys.modules[name]
