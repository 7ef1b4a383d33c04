"""Facts about a run for its report: the versions in use, and when it started."""

from __future__ import annotations

import os
import sys
import time
from functools import cache

from mongoping._version import __version__


def timestamp(seconds: float | None = None) -> str:
    """Return a time, by default the current one, as RFC 3339 in UTC with milliseconds.

    Args:
        seconds: seconds since the epoch.
    """
    milliseconds = int((time.time() if seconds is None else seconds) * 1000)
    whole, rest = divmod(milliseconds, 1000)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(whole))}.{rest:03d}Z"


def tool_info() -> dict[str, str | None]:
    """Return the versions in use. PyMongo and OpenSSL are None if they are not loaded."""
    pymongo = getattr(sys.modules.get("pymongo"), "version", None)
    openssl = getattr(sys.modules.get("ssl"), "OPENSSL_VERSION", None)
    return {**_versions(pymongo, openssl)}


@cache
def _versions(pymongo: str | None, openssl: str | None) -> dict[str, str | None]:
    return {
        "mongoping": __version__,
        "python": ".".join(map(str, sys.version_info[:3])),
        "pymongo": pymongo,
        "openssl": openssl,
        "platform": f"{sys.platform}-{os.uname().machine}"
        if hasattr(os, "uname")
        else sys.platform,
    }
