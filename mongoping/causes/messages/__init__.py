"""Messages of the drivers by family: which cause each of them reports.

A file per family has ``SAYS``: patterns of that family's own words, by the code of their cause;
``several`` has what more than one family prints, and ``server`` what mongod and mongos log.
They extend ``Cause.says``, which has the words of operating systems and TLS libraries, the server's
replies, and marks. `mongoping.explaining.patterns` describes the syntax.

To add a message, add a pattern to the file of the driver that prints it. Match the driver's fixed
words, not the values between them. An error for which no cause of its own exists is recognized by
its class, its namespace and its stack frame: see ``client.setting-refused`` and
``client.driver-defect``, whose patterns apply only if no other pattern fits.
"""

from __future__ import annotations

from mongoping.causes.messages import (
    c,
    dart,
    dotnet,
    elixir,
    go,
    java,
    node,
    php,
    python,
    ruby,
    rust,
    scala,
    server,
    several,
)
from mongoping.model import Cause

FAMILIES = (
    c,
    dart,
    dotnet,
    elixir,
    go,
    java,
    node,
    php,
    python,
    ruby,
    rust,
    scala,
    server,
    several,
)


def patterns_of(cause: Cause) -> tuple[str, ...]:
    """Return the patterns of a cause: its own and those of all families."""
    return (*cause.says, *(say for family in FAMILIES for say in family.SAYS.get(cause.code, ())))
