"""What one run observed: failures, results and the evidence that causes weigh."""

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
    """Why a check failed, as plain facts: never a verdict.

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


class Outcome(Record):
    """What a check returns: what it saw, and why it failed if it did. Both may be there."""

    data: Any = None
    failure: Failure | None = None


class Result(Record):
    """An `Outcome` with the runner's stamp: status, clock and what blocked it.

    ``stalled_ms`` is how much of ``duration_ms`` this process's own event loop stood still:
    time that must not be blamed on the deployment.
    """

    check: CheckName
    layer: str
    host: str | None
    status: CheckStatus
    duration_ms: float = 0.0
    data: Any = None
    failure: Failure | None = None
    reason: str | None = None  # why it was skipped, in words
    blocked_by: CheckName | Literal["deadline"] | None = None  # what had to succeed first
    stalled_ms: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether the check succeeded."""
        return self.status == "ok"


class Evidence(Record):
    """All that was seen in one run: what causes weigh and reports are made of."""

    target: Target | None
    settings: Settings
    results: tuple[Result, ...] = ()
    hosts: tuple[Host, ...] = ()  # every host that was looked at, seeds first
    seeds: tuple[Host, ...] | None = None  # after SRV; None when they could not be had
    started_at: str = ""
    duration_ms: float = 0.0
    interrupted: bool = False
    tool: Mapping[str, str | None] = NOTHING

    def result(self, check: CheckName, host: str | None = None) -> Result | None:
        """Return the result of a check, or None; ``host`` for a check that runs per host."""
        return self._index.get((check, host))

    @property
    def _index(self) -> Mapping[tuple[str, str | None], Result]:
        # causes look results up for each host: a search would take quadratic time
        index: Mapping[tuple[str, str | None], Result] | None = self.__dict__.get("_results")
        if index is None:
            index = {(row.check, row.host): row for row in reversed(self.results)}
            self.__dict__["_results"] = index
        return index

    def data(self, check: CheckName, host: str | None = None) -> object:
        """Return what a check saw, or None; `mongoping.observations.observation` knows its type."""
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
        """The seed list, as names that results carry."""
        return frozenset(str(host) for host in self.seeds or ())

    @property
    def options(self) -> Mapping[str, Any]:
        """The options in force: those of the TXT record, overridden by the URI's own."""
        srv = self.data("srv")
        txt: Mapping[str, Any] = getattr(srv, "txt_options", None) or {}
        own: Mapping[str, Any] = self.target.options if self.target else {}
        return {**txt, **own}

    @property
    def auth_source(self) -> str:
        """The database that the user is looked for in; a TXT record may name it."""
        if self.target is None:
            return "admin"
        named = self.options.get("authSource")
        own = self.target.auth_source
        return str(named) if named and own != "$external" else own

    @property
    def tls(self) -> bool:
        """Whether the driver would use TLS: said in the URI, else implied by SRV."""
        own = self.options.get("tls")
        return bool(own) if own is not None else bool(self.target and self.target.srv)
