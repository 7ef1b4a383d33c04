"""Causes in versions that do not work together: of the server, the driver and the service.

`mongoping.compat.rules` decides; this file adds texts and severities. As long as the driver
works, a version is at most a warning.
"""

from __future__ import annotations

from mongoping.causes import _evidence as of
from mongoping.causes._program import program_match
from mongoping.compat import rules as compat
from mongoping.model import Cause, Evidence, Match, Remedy, Severity, remedy_of
from mongoping.model.kinds import SERVICES
from mongoping.observations import observation
from mongoping.uri.hosts import is_loopback

PYMONGO = "https://www.mongodb.com/docs/languages/python/pymongo-driver/current/"
COMPATIBILITY = PYMONGO + "reference/compatibility/"
MIGRATION = PYMONGO + "reference/migration/"
LIFECYCLES = "https://www.mongodb.com/legal/support-policy/lifecycles"
STABLE_API = "https://www.mongodb.com/docs/manual/reference/stable-api/"
UPGRADES = "https://www.mongodb.com/docs/manual/release-notes/"

THROWAWAY = "throwaway server of mongoping sandbox"

NEEDS = {
    "cosmosdb": (
        "Copy the connection string from the Azure portal (Connection strings), with its port and "
        "options: Cosmos DB needs TLS and retryWrites=false.",
    ),
    "documentdb": (
        "Set retryWrites=false and use TLS, as DocumentDB requires. On AWS, also set "
        "tlsCAFile=global-bundle.pem, and connect from its VPC.",
    ),
    "ferretdb": ("Compare the commands that the program uses with FerretDB's list of commands.",),
}


def rows(evidence: Evidence, code: str) -> tuple[compat.Row, ...]:
    """Return the rows of the compat check that concern a cause."""
    facts = observation(evidence, "compat")
    return tuple(row for row in facts.rows if row.cause == code) if facts else ()


def at_worst(evidence: Evidence) -> Severity | None:
    """Return "warning" if the driver works anyway, else None for the cause's own severity."""
    driver = evidence.result("driver")
    return "warning" if driver is not None and driver.ok else None


def row_match(
    evidence: Evidence, code: str, *, subject: str = "", severity: Severity | None
) -> Match | None:
    """Return the rows of a cause as one match, with their remedies, or None without a row."""
    hosts = rows(evidence, code)
    if not hosts:
        return None
    detail = "; ".join(dict.fromkeys(f"{subject}{row.version}: {row.words}" for row in hosts))
    remedies = dict.fromkeys(row.remedy for row in hosts if row.remedy)
    return Match(detail, tuple(remedies), severity=severity)


def _server_too_old(evidence: Evidence) -> Match | None:
    if (of_program := program_match(evidence, "compat.server-too-old")) is not None:
        return of_program
    match = row_match(
        evidence,
        "compat.server-too-old",
        subject="MongoDB ",
        severity=at_worst(evidence),
    )
    if match is not None:
        pins = tuple(
            remedy_of(remedy).replace(text="In the environment of your program, not of mongoping:")
            for remedy in match.remedies
        )
        return Match(match.detail, pins, severity=match.severity)
    return _no_stable_api(evidence)


def _no_stable_api(evidence: Evidence) -> Match | None:
    """Match servers before 5.0, which accept a declared API version in ping but not in queries."""
    facts = observation(evidence, "compat")
    if facts is None or not evidence.settings.uses_stable_api:
        return None
    old = [
        f"{host} runs MongoDB {version}"
        for host, version in facts.servers.items()
        if compat.server_before_stable_api(version) and host not in facts.claims
    ]
    if not old:
        return None
    return Match(
        f"{', '.join(old)}, which does not support the Stable API: ping works, queries fail",
        ("Remove server_api (the Stable API) from the client's arguments for this server.",),
    )


def _server_end_of_life(evidence: Evidence) -> Match | None:
    code = "compat.server-end-of-life"
    match = row_match(evidence, code, subject="MongoDB ", severity="warning")
    facts = observation(evidence, "compat")
    if match is None or facts is None:
        return match
    old = {row.version for row in rows(evidence, code)}
    hosts = [host for host, version in facts.servers.items() if version in old]
    if hosts and all(_is_throwaway(evidence, host) for host in hosts):
        # nothing to do: the sandbox's server exists only for this run
        return match.replace(detail=f"{match.detail} ({THROWAWAY})", severity="info")
    return match


def _is_throwaway(evidence: Evidence, host: str) -> bool:
    """Return whether a host is a server of `mongoping sandbox`: one of its ports, on loopback."""
    tcp = observation(evidence, "tcp", host)
    port = host.rpartition(":")[2]
    address = tcp.used if tcp is not None else None
    on_loopback = address is not None and is_loopback(address)
    ours = {str(number) for number in evidence.settings.sandbox_ports}
    return on_loopback and port in ours


def _driver_end_of_life(evidence: Evidence) -> Match | None:
    return row_match(evidence, "compat.driver-end-of-life", subject="PyMongo ", severity="warning")


def _service(evidence: Evidence, host: str) -> str | None:
    flavour = getattr(observation(evidence, "hello", host), "flavour", None)
    return flavour if flavour in compat.IMITATIONS else None


def _not_genuine(evidence: Evidence) -> Match | None:
    details, services = [], []
    for name, hello in of.hellos(evidence).items():
        service = _service(evidence, name)
        if service is not None:
            details.append(f"{name} is {SERVICES[service]}")
            services.append(service)
        elif hello.doubts:
            statement = f"states MongoDB {hello.version}" if hello.version else "states no version"
            details.append(f"{name} {statement}, but {'; '.join(hello.doubts)}")
    if not details:
        return None
    needs = tuple(text for service in dict.fromkeys(services) for text in NEEDS[service])
    return Match("; ".join(details), needs)


CAUSES = (
    Cause(
        code="compat.server-too-old",
        title="The server is too old for this driver, or for a feature that is used",
        explanation=(
            "New releases of drivers drop support for old servers, and refuse them when they connect. "
            "The Stable API needs MongoDB 5.0: older servers ignore it in ping and hello, so a "
            "client seems to work until its first query."
        ),
        remedies=(
            "Upgrade the server, one major version at a time.",
            Remedy("See which drivers support it:", command="mongoping compat --server 4.2"),
        ),
        when=_server_too_old,
        links=(COMPATIBILITY, UPGRADES, STABLE_API),
        hidden_by=("hello.wire-version-too-old", "api.unsupported"),
        says=(
            r"\brequires? (?:at least )?MongoDB (?:server )?(?:version )?\d{1,3}+\.\d{1,3}+ or "
            r"(?:newer|higher|later|above)",
            r"MongoDB (?:server )?version \S{1,20} is (?:not supported|unsupported|too old)",
            r"(?#possible)\b(?:server|deployment)\b[^\n]{0,60}\bdoes not support sessions\b",
        ),
    ),
    Cause(
        code="compat.server-end-of-life",
        title="This version of MongoDB is no longer supported",
        explanation=(
            "The server works, but no longer gets fixes, not even for security. Drivers released "
            "more than three years after its end of life may drop support for it."
        ),
        remedies=(
            "Plan an upgrade, one major version at a time.",
            "Until then, pin the driver's version in the program's requirements.",
        ),
        when=_server_end_of_life,
        links=(LIFECYCLES, UPGRADES),
        severity="warning",
        hidden_by=("compat.server-too-old", "hello.wire-version-too-old"),
        says=(
            r"MongoDB (?:server )?(?:version )?\d{1,3}+\.\d{1,3}+\b[^\n]{0,60}"
            r"\bend[- ]of[- ](?:life|support)\b",
        ),
    ),
    Cause(
        code="compat.driver-end-of-life",
        title="The async API of this PyMongo is a beta",
        explanation=(
            "AsyncMongoClient came with PyMongo 4.9 as a beta and has been stable since 4.13. "
            "Bugs in the beta are fixed only in newer releases."
        ),
        remedies=(
            Remedy(
                "Upgrade the driver:",
                command='python -m pip install --upgrade "pymongo>=4.15.1"',
            ),
            Remedy("See what the newer driver no longer supports:", command="mongoping compat"),
        ),
        when=_driver_end_of_life,
        links=(COMPATIBILITY, PYMONGO + "reference/release-notes/"),
        severity="warning",
        hidden_by=("client.driver-too-old",),
        says=(r"\bAsyncMongoClient\b[^\n]{0,80}\b(?:beta|experimental)\b",),
    ),
    Cause(
        code="compat.not-genuine",
        title="The server speaks the MongoDB protocol, but is not MongoDB",
        explanation=(
            "Another product answers. It implements some of the commands and may need its own "
            "options. It only imitates the version it states, so MongoDB's documentation, support "
            "dates and compatibility tables for that version do not apply."
        ),
        remedies=(
            "Use the connection string that the service provides, with its options.",
            "Test the commands and aggregation stages of your program against this server.",
            "Amazon DocumentDB and Cosmos DB need retryWrites=false; DocumentDB also its own tlsCAFile, and a client inside its VPC.",
        ),
        when=_not_genuine,
        links=(
            "https://www.mongodb.com/supportability/cosmosdb",
            "https://www.mongodb.com/supportability/documentdb",
        ),
        severity="warning",
        says=(
            r"connected to a (?:CosmosDB|DocumentDB) cluster",
            r"Retryable writes are not supported",
            r"(?#also)\b(?:server|deployment)\b[^\n]{0,60}\bdoes not support sessions\b",
            r"(?:cosmos\.azure\.com|docdb(?:-elastic)?\.amazonaws\.com)[\s\S]{0,400}"
            r"(?:not supported|CommandNotSupported)",
        ),
    ),
)
