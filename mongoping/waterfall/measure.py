"""Measure a waterfall: repeat the path from the host name to the first ping.

Hosts are measured one after the other, so that no handshake delays another in this process;
all at once only if there is not enough time for that. The measurement follows the diagnosis:
hosts that did not answer are skipped, and only a login that the driver has made is repeated.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mongoping.checks import tls_files
from mongoping.client import Driver
from mongoping.context import Context
from mongoping.model import NAME_ABSENT, Evidence, Failure
from mongoping.model.waterfall import DRIVER_PHASES, PHASES, Lane, Waterfall, phases
from mongoping.observations import observation
from mongoping.probe.connection import ERRORS
from mongoping.probe.dns import ask, system_override
from mongoping.probe.exchange import round_trip
from mongoping.probe.greeting import api_fields, hello_command
from mongoping.probe.login import MECHANISMS, Login, LoginError
from mongoping.probe.walk import WalkResult, Way, walk
from mongoping.probe.wire import message
from mongoping.settings import DEADLINE_LOCAL_S
from mongoping.uri.host import Host

if TYPE_CHECKING:
    from mongoping.uri.target import ParsedUri

BUDGET_S = 10.0  # for all runs; the deadline of `local` is too short for them
DRIVER_SHARE = 0.3  # of the budget
MIN_RUNS = 1

Samples = dict[str, list[float]]


async def measure(
    uri: ParsedUri, evidence: Evidence, stop: asyncio.Event, budget: float | None = None
) -> Waterfall:
    """Measure up to ``settings.count`` runs of every host that answered.

    ``budget`` limits the duration in seconds; by default it is the deadline of the settings,
    or `BUDGET_S` for `mongoping local`. Setting ``stop`` ends the measurement early with the
    results so far. Network failures become notes of the lanes, not exceptions.
    """
    if budget is None:
        deadline = evidence.settings.deadline
        budget = BUDGET_S if deadline == DEADLINE_LOCAL_S else deadline
    measurement = _Measurement(uri, evidence, stop, budget)
    try:
        with system_override(evidence.settings.resolver):
            return await measurement.run()
    finally:
        measurement.ctx.close()


class _Measurement:
    """The state of a measurement: deadlines, and the samples so far."""

    def __init__(
        self, uri: ParsedUri, evidence: Evidence, stop: asyncio.Event, budget: float
    ) -> None:
        self.uri = uri
        self.evidence = evidence
        self.count = evidence.settings.count
        self.stop = stop
        self.clock = time.monotonic
        self.until = self.clock() + budget
        self.wire_until = self.until - budget * DRIVER_SHARE
        self.ctx = Context(uri, evidence.settings, Driver(uri, evidence.settings), lambda: evidence)
        self.names: Samples = {}
        self.samples: dict[str, Samples] = {}
        self.addresses: dict[str, str] = {}
        self.notes: dict[str, str] = {}
        self.login: Login | None = None  # of the user in the connection string; made when needed
        self.refused = False

    async def run(self) -> Waterfall:
        """Measure names, hosts and the driver, in this order."""
        if self.evidence.tls and (await tls_files.run(self.ctx)).failure is not None:
            return Waterfall(self.count)
        ways = {str(host): self._way(host) for host in self.evidence.hosts}
        hosts = [host for host in ways if self._has_answered(host)]
        for host in ways:
            if host not in hosts:
                self.notes[host] = f"not measured: {self._failure(host)}"
        await self._names()
        await self._walks({host: ways[host] for host in hosts})
        driver = await self._driver()
        return Waterfall(
            asked=self.count,
            names=self._lane(self._srv_name, self.names) if self._srv_name else None,
            hosts=tuple(self._lane(host, self.samples.get(host, {})) for host in ways),
            driver=driver,
        )

    @property
    def _srv_name(self) -> str:
        target = self.evidence.target
        return (target.srv_name or "") if target is not None else ""

    def _has_answered(self, host: str) -> bool:
        result = self.evidence.result("hello", host)
        return result is not None and result.ok

    def _failure(self, host: str) -> str:
        """Return the message of the first failure of a host."""
        for result in self.evidence.results:
            if result.host == host and result.failure is not None:
                return result.failure.message
        return "no answer"

    def _way(self, host: Host) -> Way:
        context = self.ctx.tls_context if self.evidence.tls else None
        resolver = self.evidence.settings.resolver
        return Way(host, hello_command(self.evidence), context, resolver)

    def _lane(self, name: str, samples: Samples) -> Lane:
        phase_list = phases(PHASES, samples)
        runs = max((phase.spread.count for phase in phase_list), default=0)
        note = self.notes.get(name)
        if note is None and phase_list and runs < self.count:
            note = f"{runs} of {self.count} runs: out of time"
        return Lane(name, phase_list, self.addresses.get(name), note)

    def _over(self, until: float) -> bool:
        return self.stop.is_set() or self.clock() >= until

    async def _names(self) -> None:
        """Look up SRV, then TXT, in the order the driver does."""
        server = self.evidence.settings.resolver
        options = self.evidence.options
        service = options.get("srvServiceName") or "mongodb"
        questions = {"srv": (f"_{service}._tcp.{self._srv_name}", "SRV")}
        questions["txt"] = (self._srv_name, "TXT")
        if not self._srv_name:
            return
        for _ in range(self.count):
            if self.names and self._over(self.wire_until):
                return
            for phase, (name, kind) in questions.items():
                began = self.clock()
                answer = await ask(name, kind, server, max(self.wire_until - began, 0.1))
                if answer.failure is None or answer.failure.kind in NAME_ABSENT:
                    self.names.setdefault(phase, []).append((self.clock() - began) * 1000)
                elif phase == "srv":
                    self.notes[self._srv_name] = f"not measured: {answer.failure.message}"
                    return

    async def _walks(self, ways: Mapping[str, Way]) -> None:
        """Run all walks: hosts one after the other if there is enough time, else all at once."""
        began = self.clock()
        together = False
        for number in range(self.count if ways else 0):
            if number >= MIN_RUNS and self._over(self.wire_until):
                return
            if together:
                await asyncio.gather(*(self._walk(host, way) for host, way in ways.items()))
                continue
            for host, way in ways.items():
                if number and self._over(self.wire_until):
                    return
                await self._walk(host, way)
            took = self.clock() - began
            together = number == 0 and began + took * self.count > self.wire_until

    async def _walk(self, host: str, way: Way) -> None:
        """Walk to a host, log in and ping; stop at the first phase that fails."""
        budget = max(self.wire_until - self.clock(), 0.5)
        walk_result = await walk(way, budget, self.clock)
        samples = self.samples.setdefault(host, {})
        for step, ms in walk_result.steps.items():
            samples.setdefault(step, []).append(ms)
        if walk_result.place is not None:
            self.addresses[host] = walk_result.place.text
        if walk_result.connection is None:
            message = walk_result.failure.message if walk_result.failure else "no connection"
            self.notes[host] = f"{walk_result.failed} failed in a later run: {message}"
            return
        try:
            async with asyncio.timeout(budget):
                await self._log_in_and_ping(host, walk_result, samples)
        except (*ERRORS, LoginError) as error:
            # do not retry: every attempt is logged, and some services lock accounts
            self.refused = self.refused or isinstance(error, LoginError)
            self.notes[host] = f"login or ping not measured: {str(error) or type(error).__name__}"
        finally:
            walk_result.connection.close()

    async def _log_in_and_ping(self, host: str, walk_result: WalkResult, samples: Samples) -> None:
        """Measure the login, if mongoping can make it itself, and the first ping."""
        connection = walk_result.connection
        if connection is None:
            return
        login = self._login_for(host)
        if login is not None:
            samples.setdefault("auth", []).append(await login.run(connection, self.clock))
        ping = message({"ping": 1, **self._api_fields})
        began = self.clock()
        await round_trip(connection, ping)
        samples.setdefault("ping", []).append((self.clock() - began) * 1000)

    @property
    def _api_fields(self) -> dict[str, Any]:
        settings = self.evidence.settings
        return api_fields(self.evidence) if settings.uses_stable_api else {}

    def _login_for(self, host: str) -> Login | None:
        """Return the login that the driver made, or None if the host takes none."""
        result, facts = self.evidence.result("auth"), observation(self.evidence, "hello", host)
        credentials, auth = self.uri.credentials, observation(self.evidence, "auth")
        if result is None or not result.ok or credentials is None or auth is None:
            return None
        if (
            self.refused
            or auth.mechanism is None
            or (facts is not None and facts.role == "arbiter")
        ):
            return None
        if auth.mechanism not in MECHANISMS:
            note = (
                f"login with {auth.mechanism} is measured only as part of the driver's first ping"
            )
            self.notes.setdefault(host, note)
            return None
        if self.login is None:
            self.login = Login(
                auth.mechanism,
                credentials.username or "",
                credentials.password or "",
                self.evidence.auth_source,
                self._api_fields,
            )
        return self.login

    async def _driver(self) -> Lane | None:
        """Measure fresh clients: discovery, the first ping with its login, the next ping."""
        results = (self.evidence.result("driver"), self.evidence.result("auth"))
        if any(result is None or not result.ok for result in results):
            return None  # the driver does not work; do not repeat a refused login
        samples: Samples = {}
        for number in range(self.count):
            if number and self._over(self.until):
                break
            failure = await self._round(samples)
            if failure is not None:
                return Lane("driver", phases(DRIVER_PHASES, samples), note=failure.message)
        phase_list = phases(DRIVER_PHASES, samples)
        runs = phase_list[0].spread.count if phase_list else 0
        note = f"{runs} of {self.count} runs: out of time"
        return Lane("driver", phase_list, note=note if runs < self.count else None)

    async def _round(self, samples: Samples) -> Failure | None:
        """Measure one fresh client; return its failure, or None after adding its samples."""
        from pymongo.errors import PyMongoError

        from mongoping.client import failure_of
        from mongoping.uri.target import scrub

        driver = Driver(self.uri, self.evidence.settings)
        seconds_left = max(self.until - self.clock(), 0.5)
        try:
            await driver.pymongo()
            began = self.clock()
            state, _ = await driver.connect(seconds_left)
            if state != "ready":
                return Failure(state, f"the driver's discovery ended in state {state}")
            times = [(self.clock() - began) * 1000]
            for _ in range(2):
                began = self.clock()
                async with asyncio.timeout(seconds_left):
                    await driver.command({"ping": 1})
                times.append((self.clock() - began) * 1000)
        except (PyMongoError, OSError, TimeoutError, ValueError) as error:
            failure = failure_of(error)
            return failure.replace(message=scrub(failure.message, self.uri.credentials))
        finally:
            await driver.close()
        for phase, ms in zip(DRIVER_PHASES, times, strict=True):
            samples.setdefault(phase, []).append(ms)
        return None
