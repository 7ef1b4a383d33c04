"""The ``tool`` block of reports: the versions of mongoping, Python, PyMongo and OpenSSL."""

from __future__ import annotations

import os
import sys

from mongoping._version import __version__


def tool_info() -> dict[str, str | None]:
    """Return the versions in use. PyMongo and OpenSSL are None if they are not loaded."""
    loaded = sys.modules.get("pymongo")
    ssl = sys.modules.get("ssl")
    return {
        "mongoping": __version__,
        "python": ".".join(map(str, sys.version_info[:3])),
        "pymongo": getattr(loaded, "version", None),
        "openssl": getattr(ssl, "OPENSSL_VERSION", None),
        "platform": f"{sys.platform}-{os.uname().machine}"
        if hasattr(os, "uname")
        else sys.platform,
    }
