"""All exit codes: general ones, and one for each layer of a root cause."""

from __future__ import annotations

from collections.abc import Mapping

EXIT_OK, EXIT_UNEXPLAINED, EXIT_USAGE = 0, 1, 2
EXIT_BUG, EXIT_INTERRUPTED = 70, 130

_LOWER = {"uri": 10, "dns": 11, "tcp": 12, "tls": 13, "hello": 14, "api": 15, "auth": 16}
_UPPER = {"topology": 17, "ping": 18, "expectation": 18, "compat": 19, "client": 19}
EXIT_CODES: Mapping[str, int] = {**_LOWER, **_UPPER}
