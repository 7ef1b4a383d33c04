"""Every record that flows from a connection string to a report.

All records are frozen. What was not measured is ``None``; what was not tried is a
`Result` with status ``skipped``. Nothing here does I/O, and no record that a format can
reach holds a secret: those live in `mongoping.target.Credentials` alone.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from mongoping.exit_codes import EXIT_DEFECT as EXIT_DEFECT
from mongoping.exit_codes import EXIT_INTERRUPTED as EXIT_INTERRUPTED
from mongoping.exit_codes import EXIT_OK as EXIT_OK
from mongoping.exit_codes import EXIT_UNEXPLAINED as EXIT_UNEXPLAINED
from mongoping.exit_codes import EXIT_USAGE as EXIT_USAGE
from mongoping.record import NOTHING, Record

if TYPE_CHECKING:
    from mongoping.leads import NextStep
    from mongoping.settings import Settings
    from mongoping.target import Target
    from mongoping.waited import Expectation, Waiting
    from mongoping.waterfall.record import Waterfall

LAYERS = ("uri", "dns", "tcp", "tls", "hello", "api", "auth", "ping", "topology", "compat")
"""The layers of a report, lowest first. The order decides which finding is the root."""

_LOWER = {"uri": 10, "dns": 11, "tcp": 12, "tls": 13, "hello": 14, "api": 15, "auth": 16}
_UPPER = {"topology": 17, "ping": 18, "expectation": 18, "compat": 19, "client": 19}
EXIT_CODES: Mapping[str, int] = {**_LOWER, **_UPPER}

Severity = Literal["error", "warning", "info"]
Status = Literal["ok", "warn", "fail", "skip"]
CheckStatus = Literal["ok", "failed", "skipped", "crashed"]


class Host(NamedTuple):
    """One address of the seed list or of a member: a host name, an IP address or a socket path.

    ``port`` is None for a UNIX socket only.
    """

    name: str
    port: int | None = 27017

    @property
    def is_socket(self) -> bool:
        """A UNIX domain socket: PyMongo takes every host that ends in ``.sock`` for one."""
        return self.name.endswith(".sock")

    def __str__(self) -> str:
        if self.port is None or self.is_socket:
            return self.name
        return f"[{self.name}]:{self.port}" if ":" in self.name else f"{self.name}:{self.port}"


class Failure(Record):
    """Why a check failed, as plain facts: never a verdict.

    ``kind`` is one of a few words that name what was seen (``refused``, ``timeout``,
    ``reset``, ``eof``, ``not-found``, ``certificate``, ``command`` ...); ``errno`` is the
    symbolic name, since numbers differ between operating systems; ``code`` is the code of
    a server's reply or of a TLS alert.
    """

    kind: str
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

    check: str
    layer: str
    host: str | None
    status: CheckStatus
    duration_ms: float = 0.0
    data: Any = None
    failure: Failure | None = None
    reason: str | None = None  # why it was skipped, in words
    blocked_by: str | None = None  # the check that had to succeed first
    stalled_ms: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether the check succeeded."""
        return self.status == "ok"


class Line(NamedTuple):
    """One line of a layer in a report for people: a label, a text and how it stands.

    What is only a ``detail`` is shown with --verbose.
    """

    label: str
    text: str
    status: Status = "ok"
    detail: bool = False


class Check(Record):
    """One thing that mongoping looks at.

    ``run(ctx, host)`` does the I/O; ``host`` is None unless ``per_host``. ``needs`` names
    the checks that must have succeeded first (for the same host where both are per host;
    for any host where only the needed one is), ``after`` those that must only have ended.
    ``applies`` returns None, or the reason why the check has nothing to do here; with
    ``vacuous`` those that need it then go on, as if it had succeeded.
    ``expands`` finds further hosts in the data. ``summarise`` and ``lines`` turn data into
    words; both are pure.

    A check that runs once and needs one that runs per host begins when any host has
    succeeded, or all have ended; the same holds for ``after_any``, without the success.
    """

    name: str
    layer: str
    summary: str
    run: Callable[[Any, Any], Awaitable[Outcome]]
    per_host: bool = False
    needs: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    after_any: tuple[str, ...] = ()
    applies: Callable[[Evidence], str | None] = lambda evidence: None
    vacuous: bool = False
    expands: Callable[[Any], Iterable[Host]] | None = None
    seeds: bool = False  # what `expands` finds are seeds, not advertised members
    waits_for: str = "result"  # as in "no answer from the resolver within 5 s"
    driver_waits: tuple[str, float | None] = ("", None)  # the driver's option, and its default in s
    judges_after_s: float = 1.2  # silence for less than that may be one lost packet
    resolves: bool = False  # the driver looks names up again during this check
    patient: bool = False  # may take all the time of a run, not only the limit of a check
    summarise: Callable[[Any], str] = lambda data: ""
    lines: Callable[[Any], Sequence[Line]] = lambda data: ()


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

    def result(self, check: str, host: str | None = None) -> Result | None:
        """The result of a check, for one host where it runs per host."""
        return self._index.get((check, host))

    @property
    def _index(self) -> Mapping[tuple[str, str | None], Result]:
        # causes look results up for each host: a search would take quadratic time
        index: Mapping[tuple[str, str | None], Result] | None = self.__dict__.get("_results")
        if index is None:
            index = {(row.check, row.host): row for row in reversed(self.results)}
            self.__dict__["_results"] = index
        return index

    def data(self, check: str, host: str | None = None) -> Any:
        """What a check saw, or None. The type is the data class of that check."""
        result = self.result(check, host)
        return None if result is None else result.data

    def failure(self, check: str, host: str | None = None) -> Failure | None:
        """Why a check failed, or None."""
        result = self.result(check, host)
        return None if result is None else result.failure

    def of(self, check: str) -> tuple[Result, ...]:
        """The results of a check over all hosts."""
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


class Match(Record):
    """A cause that is true: the evidence in one sentence, and what it adds to the record.

    ``remedies`` are put before those of the cause, being specific; ``instead_of`` names those
    of the cause that they say better, which are left out. ``tell_apart`` is the one command
    that would separate the cause from its ``alternatives``.
    """

    detail: str
    remedies: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()
    tell_apart: str | None = None
    instead_of: tuple[str, ...] = ()
    severity: Severity | None = None  # where the evidence makes it less, or more, than usual
    hosts: tuple[str, ...] = ()  # whom it concerns, where the cause is asked once for all
    title: str | None = None  # what is better than the cause's own, or that of an unknown one
    explanation: str | None = None
    explains: tuple[str, ...] = ()  # checks whose failures are consequences of this cause


When = Callable[[Evidence, Any], "Match | str | None"]


class Cause(Record):
    """One entry of the catalogue: the words beside the test that decides them.

    ``when(evidence, host)`` is pure. With ``per_host`` it is asked for each host by name,
    else once with None. ``hidden_by`` names causes of which this one is only a consequence.
    ``restates`` names checks whose failure this cause only describes: it gives way to a cause
    that accounts for the failure (`Match.explains`). ``outranks`` names causes of its layer
    that come after it. ``layer`` is where the cause is found; it decides the exit code.
    """

    code: str
    title: str
    explanation: str
    remedies: tuple[str, ...]
    when: When | None = None
    links: tuple[str, ...] = ()
    per_host: bool = False
    severity: Severity = "error"
    hidden_by: tuple[str, ...] = ()
    restates: tuple[str, ...] = ()
    outranks: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()
    says: tuple[str, ...] = ()
    layer: str = ""

    def __post_init__(self) -> None:
        if not self.layer:
            self.__dict__["layer"] = self.code.partition(".")[0]


class Finding(Record):
    """A cause that was found true; ``hosts`` names whom it concerns."""

    cause: str
    layer: str
    severity: Severity
    detail: str
    hosts: tuple[str, ...] = ()
    match: Match = Match("")

    @property
    def host(self) -> str | None:
        """The one host, None where there are several or it concerns the deployment."""
        return self.hosts[0] if len(self.hosts) == 1 else None


class Verdict(Record):
    """The one root cause, with what to do, ready to be shown."""

    cause: str
    layer: str
    title: str
    explanation: str
    remedies: tuple[str, ...]
    links: tuple[str, ...]
    alternatives: tuple[str, ...]
    details: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    tell_apart: str | None = None


class Diagnosis(Record):
    """What `mongoping.diagnosis.diagnose` concludes: all findings, and the verdict.

    ``defect``: a cause could not be weighed, by a fault of mongoping's own; a finding says so.
    """

    findings: tuple[Finding, ...] = ()
    verdict: Verdict | None = None
    defect: bool = False


LATE_PING_MS = 180.0  # TCP sends a lost segment again after 200 ms at the earliest (Linux)


class Latency(Record):
    """Round trips of ping, in milliseconds; ``count`` were sent of the ``asked`` ones.

    ``samples_ms`` has None for a lost ping, ``lost_why`` is the first error of one.
    ``stalls_ms`` is how much of each sample this process itself was held up. ``resent`` is
    how many segments this machine's kernel sent again during ``resent_pings`` further pings
    on a connection of mongoping's own; None where that was not measured.
    """

    count: int
    lost: int
    min_ms: float | None
    mean_ms: float | None
    stddev_ms: float | None
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    max_ms: float | None
    samples_ms: tuple[float | None, ...] = ()
    asked: int = 0
    stalls_ms: tuple[float, ...] = ()
    lost_why: str | None = None
    resent: int | None = None
    resent_pings: int = 0

    def own_ms(self) -> tuple[float, ...]:
        """Return the times that the deployment is responsible for, in ms.

        This process's own stalls are deducted. A ping that follows a lost one is left out,
        since it waits until the driver has found the server again.
        """
        stalls = (*self.stalls_ms, *[0.0] * (len(self.samples_ms) - len(self.stalls_ms)))
        former = (0.0, *self.samples_ms)
        return tuple(
            max(sample - stall, 0.0)
            for sample, stall, before in zip(self.samples_ms, stalls, former, strict=False)
            if sample is not None and before is not None
        )

    def late_ms(self) -> tuple[float, ...]:
        """Return how much longer each late ping took than the fastest, in ms.

        Late means by `LATE_PING_MS` or more.
        """
        times = self.own_ms()
        least = min(times, default=0.0)
        return tuple(time - least for time in times if time - least >= LATE_PING_MS)


class Member(Record):
    """A member of the deployment, reachable or not; round trip in ms, lag in seconds."""

    host: str
    role: str
    reachable: bool | None  # None: nobody asked, as with a direct connection to another
    rtt_ms: float | None = None
    lag_s: float | None = None
    version_wire: tuple[int, int] | None = None
    tags: Mapping[str, str] = NOTHING
    seed: bool = False
    advertised: bool = False
    error: str | None = None


class Topology(Record):
    """The deployment as the driver sees it. ``type`` is one of PyMongo's topology type names."""

    type: str
    set_name: str | None
    members: tuple[Member, ...]


class LayerReport(Record):
    """One layer of the report: ``data`` for programs, ``lines`` for people."""

    name: str
    status: Status
    duration_ms: float
    summary: str
    data: Mapping[str, Any]
    lines: tuple[Line, ...] = ()
    findings: tuple[Finding, ...] = ()
    crashed: bool = False


class Report(Record):
    """What `mongoping check` prints, before it is given a form.

    ``name``, ``expectations`` and ``waiting`` are there in the reports of ``smoke`` alone.
    ``defect``: something of it could not be weighed or told, by a fault of mongoping's own.
    """

    tool: Mapping[str, str | None]
    uri: str
    preset: str
    hosts: tuple[str, ...] | None
    deployment: str
    started_at: str
    duration_ms: float
    status: Status
    verdict: Verdict | None
    layers: tuple[LayerReport, ...]
    latency: Latency | None = None
    topology: Topology | None = None
    interrupted: bool = False
    caret: tuple[int, int] | None = None  # where in `uri` the problem stands: offset, length
    next_steps: tuple[NextStep, ...] = ()
    program: str | None = None  # the snippet for this deployment, where it was asked for
    name: str | None = None
    expectations: tuple[Expectation, ...] = ()
    waiting: Waiting | None = None
    waterfall: Waterfall | None = None  # where it was asked for
    defect: bool = False

    def exit_code(self, *, strict: bool = False) -> int:
        """The exit code of the contract. With ``strict``, warnings are failures."""
        if self.interrupted:
            return EXIT_INTERRUPTED
        if any(layer.crashed for layer in self.layers):
            return EXIT_DEFECT
        if self.verdict is not None:
            if self.verdict.cause.endswith(".unexplained"):
                return EXIT_DEFECT if self.defect else EXIT_UNEXPLAINED
            return EXIT_CODES.get(self.verdict.layer, EXIT_UNEXPLAINED)
        if any(one.status == "fail" for one in self.expectations):
            return EXIT_CODES["expectation"]
        return EXIT_UNEXPLAINED if strict and self.status == "warn" else EXIT_OK


class Style(Record):
    """How a format shall look: given to it, never looked for by it. ``width`` in columns."""

    width: int = 80
    color: bool = False
    unicode: bool = True
    verbose: bool = False
    quiet: bool = False
