"""Measures a waterfall: whole walks from the name to the first ping, again and again.

One host after the other, so that none waits for another's handshake in this process; all
hosts at once only where that would take longer than there is time. It comes after the
diagnosis: hosts that did not answer there are not asked again, and no login is tried that
the driver has not made before.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mongoping.checks import hello, tls_files
from mongoping.client import Driver
from mongoping.context import Context
from mongoping.model import Evidence, Failure
from mongoping.model.waterfall import DRIVER_PHASES, PHASES, Lane, Waterfall, phases
from mongoping.observations import observation
from mongoping.probe.dns import ask, system_override
from mongoping.probe.exchange import round_trip
from mongoping.probe.login import MECHANISMS, Login, LoginError
from mongoping.probe.walk import ERRORS, Walked, Way, walk
from mongoping.probe.wire import message
from mongoping.settings import DEADLINE_LOCAL_S
from mongoping.uri.host import Host

if TYPE_CHECKING:
    from mongoping.uri.target import Parsed

BUDGET_S = 10.0  # of a whole waterfall; the deadline of `local` is for one diagnosis alone
DRIVER_SHARE = 0.3  # of the budget, for the driver's rounds
LEAST_RUNS = 1

Samples = dict[str, list[float]]


async def measure(
    parsed: Parsed, evidence: Evidence, stop: asyncio.Event, budget: float | None = None
) -> Waterfall:
    """At most ``settings.count`` runs of every host that answered, within ``budget`` seconds.

    Without a budget it is the deadline of the settings, but for the short one of `local`.
    ``stop`` ends it early, with what there is. Raises nothing for what a network may do.
    """
    if budget is None:
        deadline = evidence.settings.deadline
        budget = BUDGET_S if deadline == DEADLINE_LOCAL_S else deadline
    one = _Measurement(parsed, evidence, stop, budget)
    try:
        with system_override(evidence.settings.resolver):
            return await one.run()
    finally:
        one.ctx.close()


class _Measurement:
    """The runs, and their samples so far."""

    def __init__(
        self, parsed: Parsed, evidence: Evidence, stop: asyncio.Event, budget: float
    ) -> None:
        self.parsed = parsed
        self.evidence = evidence
        self.count = evidence.settings.count
        self.stop = stop
        self.clock = time.monotonic
        self.until = self.clock() + budget
        self.wire_until = self.until - budget * DRIVER_SHARE
        self.ctx = Context(
            parsed, evidence.settings, Driver(parsed, evidence.settings), lambda: evidence
        )
        self.names: Samples = {}
        self.samples: dict[str, Samples] = {}
        self.addresses: dict[str, str] = {}
        self.notes: dict[str, str] = {}
        self.login: Login | None = None  # of the user of the string, once it is needed
        self.refused = False

    async def run(self) -> Waterfall:
        """Names, hosts, driver."""
        if self.evidence.tls and (await tls_files.run(self.ctx, None)).failure is not None:
            return Waterfall(self.count)
        ways = {str(host): self._way(host) for host in self.evidence.hosts}
        answered = [host for host in ways if self._answered(host)]
        for host in ways:
            if host not in answered:
                self.notes[host] = f"not measured: {self._failure(host)}"
        await self._names()
        await self._walks({host: ways[host] for host in answered})
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

    def _answered(self, host: str) -> bool:
        result = self.evidence.result("hello", host)
        return result is not None and result.ok

    def _failure(self, host: str) -> str:
        """The lowest failure of a host, in its own words."""
        for result in self.evidence.results:
            if result.host == host and result.failure is not None:
                return result.failure.message
        return "it did not answer"

    def _way(self, host: Host) -> Way:
        context = self.ctx.tls_context if self.evidence.tls else None
        resolver = self.evidence.settings.resolver
        return Way(host, hello.question(self.evidence), context, resolver)

    def _lane(self, name: str, samples: Samples) -> Lane:
        found = phases(PHASES, samples)
        runs = max((one.spread.count for one in found), default=0)
        note = self.notes.get(name)
        if note is None and found and runs < self.count:
            note = f"{runs} of {self.count} runs: there was no time for more"
        return Lane(name, found, self.addresses.get(name), note)

    def _over(self, until: float) -> bool:
        return self.stop.is_set() or self.clock() >= until

    async def _names(self) -> None:
        """SRV, then TXT, as the driver asks them."""
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
                asked = await ask(name, kind, server, max(self.wire_until - began, 0.1))
                if asked.failure is None or asked.failure.kind in ("nxdomain", "no-data"):
                    self.names.setdefault(phase, []).append((self.clock() - began) * 1000)
                elif phase == "srv":
                    self.notes[self._srv_name] = f"not measured: {asked.failure.message}"
                    return

    async def _walks(self, ways: Mapping[str, Way]) -> None:
        """All runs: one host after the other if there is time for that, else all at once."""
        began = self.clock()
        together = False
        for number in range(self.count if ways else 0):
            if number >= LEAST_RUNS and self._over(self.wire_until):
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
        """One walk, its login and its first ping; a phase that fails ends it there."""
        budget = max(self.wire_until - self.clock(), 0.5)
        walked = await walk(way, budget, self.clock)
        samples = self.samples.setdefault(host, {})
        for step, ms in walked.steps.items():
            samples.setdefault(step, []).append(ms)
        if walked.place is not None:
            self.addresses[host] = walked.place.text
        if walked.connection is None:
            words = walked.failure.message if walked.failure else "no connection"
            self.notes[host] = f"{walked.failed} failed in a later run: {words}"
            return
        try:
            async with asyncio.timeout(budget):
                await self._further(host, walked, samples)
        except (*ERRORS, LoginError) as error:
            # never again: every attempt is logged, and some services lock accounts
            self.refused = self.refused or isinstance(error, LoginError)
            self.notes[host] = f"login or ping not measured: {str(error) or type(error).__name__}"
        finally:
            walked.connection.close()

    async def _further(self, host: str, walked: Walked, samples: Samples) -> None:
        """Login, where it can be made here, and the first ping after it."""
        connection = walked.connection
        if connection is None:
            return
        login = self._login_for(host)
        if login is not None:
            samples.setdefault("auth", []).append(await login.run(connection, self.clock))
        ask_for = message({"ping": 1, **self._declared})
        began = self.clock()
        await round_trip(connection, ask_for)
        samples.setdefault("ping", []).append((self.clock() - began) * 1000)

    @property
    def _declared(self) -> dict[str, Any]:
        settings = self.evidence.settings
        return hello.api_fields(self.evidence) if settings.uses_stable_api else {}

    def _login_for(self, host: str) -> Login | None:
        """The login that the driver made; None for a host without users, or where none was made."""
        result, seen = self.evidence.result("auth"), observation(self.evidence, "hello", host)
        credentials, auth = self.parsed.credentials, observation(self.evidence, "auth")
        if result is None or not result.ok or credentials is None or auth is None:
            return None
        if self.refused or auth.mechanism is None or (seen is not None and seen.role == "arbiter"):
            return None
        if auth.mechanism not in MECHANISMS:
            words = f"a login by {auth.mechanism} is part of the driver's first ping alone"
            self.notes.setdefault(host, words)
            return None
        if self.login is None:
            self.login = Login(
                auth.mechanism,
                credentials.username or "",
                credentials.password or "",
                self.evidence.auth_source,
                self._declared,
            )
        return self.login

    async def _driver(self) -> Lane | None:
        """Fresh clients: discovery, the first ping with its connection and login, the next one."""
        results = (self.evidence.result("driver"), self.evidence.result("auth"))
        if any(result is None or not result.ok for result in results):
            return None  # it cannot work, or its login was refused, which is not tried again
        samples: Samples = {}
        for number in range(self.count):
            if number and self._over(self.until):
                break
            failure = await self._round(samples)
            if failure is not None:
                return Lane("driver", phases(DRIVER_PHASES, samples), note=failure.message)
        found = phases(DRIVER_PHASES, samples)
        runs = found[0].spread.count if found else 0
        note = f"{runs} of {self.count} runs: there was no time for more"
        return Lane("driver", found, note=note if runs < self.count else None)

    async def _round(self, samples: Samples) -> Failure | None:
        from pymongo.errors import PyMongoError

        from mongoping.client import failure_of
        from mongoping.uri.target import scrub

        driver = Driver(self.parsed, self.evidence.settings)
        left = max(self.until - self.clock(), 0.5)
        try:
            await driver.pymongo()
            began = self.clock()
            state, _ = await driver.connect(left)
            if state != "ready":
                return Failure(state, f"the driver's discovery ended as {state}")
            times = [(self.clock() - began) * 1000]
            for _ in range(2):
                began = self.clock()
                async with asyncio.timeout(left):
                    await driver.command({"ping": 1})
                times.append((self.clock() - began) * 1000)
        except (PyMongoError, OSError, TimeoutError, ValueError) as error:
            failure = failure_of(error)
            return failure.replace(message=scrub(failure.message, self.parsed.credentials))
        finally:
            await driver.close()
        for phase, ms in zip(DRIVER_PHASES, times, strict=True):
            samples.setdefault(phase, []).append(ms)
        return None
