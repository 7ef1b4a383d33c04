"""Keep the results so far, and let jobs wait for the ones that they depend on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mongoping.model import Check, CheckName, Evidence, Result
from mongoping.runnable import RunnableCheck
from mongoping.tool_info import timestamp, tool_info
from mongoping.uri.host import Host

if TYPE_CHECKING:
    from mongoping.settings import Settings
    from mongoping.uri.target import ParsedUri


class ResultsBoard:
    """The results so far, and the events that jobs wait for."""

    def __init__(self, uri: ParsedUri, settings: Settings, checks: Sequence[RunnableCheck]) -> None:
        self.uri = uri
        self.settings = settings
        self.checks = {check.name: check for check in checks}
        self.results: dict[tuple[CheckName, str | None], Result] = {}
        self.hosts: dict[str, Host] = {}
        self.seeds: tuple[Host, ...] | None = None
        self._snapshot: tuple[object, Evidence] | None = None
        self.change = asyncio.Event()
        self.events: dict[tuple[str, str | None], asyncio.Event] = {}
        self.began = time.monotonic()
        self.started_at = timestamp()

    def snapshot(self) -> Evidence:
        """Return the evidence so far: the same object until a result or a host is added."""
        state = len(self.results), len(self.hosts), self.seeds
        if self._snapshot is None or self._snapshot[0] != state:
            self._snapshot = state, self.evidence()
        return self._snapshot[1]

    def evidence(self, *, was_interrupted: bool = False) -> Evidence:
        """Return the evidence so far, its results in the order of checks and hosts."""
        order = {name: index for index, name in enumerate(self.checks)}
        hosts = {name: index for index, name in enumerate(self.hosts)}
        results = sorted(
            self.results.values(),
            key=lambda result: (order[result.check], hosts.get(result.host or "", -1)),
        )
        return Evidence(
            target=self.uri.target,
            settings=self.settings,
            results=tuple(results),
            hosts=tuple(self.hosts.values()),
            seeds=self.seeds,
            started_at=self.started_at,
            duration_ms=(time.monotonic() - self.began) * 1000,
            interrupted=was_interrupted,
            tool=tool_info(),
        )

    def post(self, result: Result) -> None:
        """Add a result, and wake the jobs that wait for it."""
        self.results[result.check, result.host] = result
        self.event(result.check, result.host).set()
        waiting, self.change = self.change, asyncio.Event()
        waiting.set()

    def event(self, name: str, host: str | None) -> asyncio.Event:
        """Return the event that is set when a check is posted for a host.

        Each host has its own, so that a result wakes only the jobs that wait for it.
        """
        return self.events.setdefault((name, host), asyncio.Event())

    async def wait_for_dependencies(self, check: Check, host: str | None) -> None:
        """Wait until everything that the check depends on is known."""
        if host is None:
            while not self.may_start(check, host):
                await self.change.wait()
            return
        for name in (*check.needs, *check.after, *check.after_any):
            if name in self.checks:
                await self.event(name, host if self.checks[name].per_host else None).wait()

    def may_start(self, check: Check, host: str | None) -> bool:
        """Return whether everything that the check depends on is known."""
        return all(self.has_ended(name, host, any_ok=False) for name in check.after) and all(
            self.has_ended(name, host, any_ok=True) for name in (*check.needs, *check.after_any)
        )

    def has_ended(self, name: CheckName, host: str | None, *, any_ok: bool) -> bool:
        """Return whether a check has ended, or with ``any_ok`` succeeded for at least one host."""
        check = self.checks.get(name)
        if check is None:
            return True
        if not check.per_host:
            return (name, None) in self.results
        if host is not None:
            return (name, host) in self.results
        results = [self.results.get((name, host)) for host in self.hosts]
        if any_ok and any(result is not None and result.ok for result in results):
            return True
        return not self.may_grow(name) and all(result is not None for result in results)

    def may_grow(self, name: CheckName) -> bool:
        """Return whether other checks than this one may still add hosts."""
        return any(
            check.expands and check.name != name and (check.name, None) not in self.results
            for check in self.checks.values()
            if not check.per_host
        )

    def blocker(self, check: Check, host: str | None) -> CheckName | None:
        """Return the name of a required check that did not succeed, or None."""
        for name in check.needs:
            required_check = self.checks.get(name)
            if required_check is None:
                continue
            if required_check.per_host and host is None:
                results = [
                    self.results[name, host] for host in self.hosts if (name, host) in self.results
                ]
                if not any(result.ok for result in results):
                    return name
            else:
                result = self.results[name, host if required_check.per_host else None]
                vacuous = (
                    required_check.vacuous and result.status == "skipped" and not result.blocked_by
                )
                if not result.ok and not vacuous:
                    return name
        return None
