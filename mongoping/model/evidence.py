"""Failures, results, and the evidence on which causes are decided."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from mongoping.record import NOTHING, Record

if TYPE_CHECKING:
    from mongoping.model.kinds import FailureKind
    from mongoping.model.layers import CheckName, CheckStatus
    from mongoping.settings import Settings
    from mongoping.uri.host import Host
    from mongoping.uri.target import Target


class Failure(Record):
    """The facts of a failed check: never a verdict.

    Attributes:
        kind: What happened, as one of `mongoping.model.kinds.FailureKind`.
        message: The error in the words of the peer or the system; foreign text.
        errno: Symbolic name such as ``ECONNREFUSED``; numbers differ between systems.
        code: The code of a server's reply, of a TLS alert or of a verification error.
        facts: Further observations; the check that fails documents its keys.
    """

    kind: FailureKind
    message: str
    errno: str | None = None
    code: int | None = None
    facts: Mapping[str, Any] = NOTHING


def is_disturbed(own_ms: float, stalled_ms: float) -> bool:
    """Return whether stalls of this process make a duration useless as evidence of slowness.

    The beginning of a stall is not measured, so a part of what remains is the stalls' too.

    Args:
        own_ms: The duration without the stalls that were measured.
        stalled_ms: The stalls.
    """
    return stalled_ms > own_ms


class Outcome(Record):
    """The return value of a check: its data, its failure, or both."""

    data: Any = None
    failure: Failure | None = None


class Result(Record):
    """An `Outcome` with its status, its duration and what blocked it.

    ``stalled_ms`` is how much of ``duration_ms`` the event loop of this process was blocked: time
    that must not be blamed on the deployment.
    """

    check: CheckName
    layer: str
    host: str | None
    status: CheckStatus
    duration_ms: float = 0.0
    data: Any = None
    failure: Failure | None = None
    reason: str | None = None  # why it was skipped
    blocked_by: CheckName | Literal["deadline"] | None = None  # what had to succeed first
    stalled_ms: float = 0.0

    @property
    def ok(self) -> bool:
        """Return whether the check succeeded."""
        return self.status == "ok"

    def own_ms(self, took_ms: float | None = None) -> float | None:
        """Return a duration without the stalls of this process, or None if they disturbed it.

        Args:
            took_ms: The duration of a step of the check, in ms; by default, of all of it.
        """
        own = max((self.duration_ms if took_ms is None else took_ms) - self.stalled_ms, 0.0)
        return None if is_disturbed(own, self.stalled_ms) else own


class Evidence(Record):
    """All results of one run, from which causes are decided and reports are built."""

    target: Target | None
    settings: Settings
    results: tuple[Result, ...] = ()
    hosts: tuple[Host, ...] = ()  # every host that was checked, seeds first
    seeds: tuple[Host, ...] | None = None  # after SRV; None if they could not be resolved
    started_at: str = ""
    duration_ms: float = 0.0
    interrupted: bool = False
    tool: Mapping[str, str | None] = NOTHING

    def result(self, check: CheckName, host: str | None = None) -> Result | None:
        """Return the result of a check, or None; ``host`` for a check that runs per host."""
        return self._index.get((check, host))

    @property
    def _index(self) -> Mapping[tuple[str, str | None], Result]:
        # causes look up results for each host, so a linear search would take quadratic time
        index: Mapping[tuple[str, str | None], Result] | None = self.__dict__.get("_results")
        if index is None:
            index = {(row.check, row.host): row for row in reversed(self.results)}
            self.__dict__["_results"] = index
        return index

    def data(self, check: CheckName, host: str | None = None) -> object:
        """Return the data of a check, or None; `mongoping.observations.observation` types it."""
        result = self.result(check, host)
        return None if result is None else result.data

    def failure(self, check: CheckName, host: str | None = None) -> Failure | None:
        """Return why a check failed, or None."""
        result = self.result(check, host)
        return None if result is None else result.failure

    def of(self, check: CheckName) -> tuple[Result, ...]:
        """Return the results of a check over all hosts."""
        return tuple(result for result in self.results if result.check == check)

    @property
    def seed_names(self) -> frozenset[str]:
        """Return the seeds in the form in which results name hosts."""
        return frozenset(str(host) for host in self.seeds or ())

    @property
    def options(self) -> Mapping[str, Any]:
        """Return the effective options: those of the TXT record, overridden by those of the URI."""
        srv = self.data("srv")
        txt: Mapping[str, Any] = getattr(srv, "txt_options", None) or {}
        own: Mapping[str, Any] = self.target.options if self.target else {}
        return {**txt, **own}

    @property
    def auth_source(self) -> str:
        """Return the database in which the user is looked up; a TXT record may name it."""
        if self.target is None:
            return "admin"
        option = self.options.get("authSource")
        own = self.target.auth_source
        return str(option) if option and own != "$external" else own

    @property
    def tls(self) -> bool:
        """Return whether the driver would use TLS: as the URI states, else as SRV implies."""
        own = self.options.get("tls")
        return bool(own) if own is not None else bool(self.target and self.target.srv)
