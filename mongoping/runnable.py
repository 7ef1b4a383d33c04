"""The two kinds of checks that the runner runs: once for the deployment, or once for each host."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from mongoping.model import Check, Outcome

if TYPE_CHECKING:
    from mongoping.context import Context
    from mongoping.uri.host import Host


class OnceCheck(Check, kw_only=True):
    """A check that runs once.

    If it needs a check that runs for each host, it starts when any host has succeeded or all
    have ended.

    Attributes:
        run: ``run(ctx)`` does the I/O.
    """

    run: Callable[[Context], Awaitable[Outcome]]


class HostCheck(Check, kw_only=True):
    """A check that runs once for each host.

    Attributes:
        run: ``run(ctx, host)`` does the I/O.
    """

    per_host = True

    run: Callable[[Context, Host], Awaitable[Outcome]]


RunnableCheck = OnceCheck | HostCheck
