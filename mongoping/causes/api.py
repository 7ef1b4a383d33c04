"""Causes in the use of the Stable API."""

from __future__ import annotations

from mongoping.causes import _evidence as of
from mongoping.model import Cause, Evidence, Match, Remedy

DOCS = "https://www.mongodb.com/docs/manual/reference/stable-api/"
DRIVER_DOCS = "https://www.mongodb.com/docs/languages/python/pymongo-driver/current/connect/connection-options/stable-api/"
DEPRECATION_ERROR = 324  # APIDeprecationError
FIRST_WIRE = 13  # MongoDB 5.0, the first with the Stable API


def version_required(evidence: Evidence) -> Match | None:
    hosts = [name for name, hello in of.hellos(evidence).items() if hello.requires_api]
    if not hosts or evidence.settings.uses_stable_api:
        return None
    return Match(f"{', '.join(hosts)} refuses every command without an API version (code 498870)")


def version_unsupported(evidence: Evidence) -> Match | None:
    facts = of.api(evidence)
    if facts is None or facts.declared is None or facts.enforced is not False:
        return None
    wire = max((hello.max_wire for hello in of.hellos(evidence).values()), default=0)
    error = f'; a query failed with "{facts.find_message}"' if facts.find_code in (9, 40415) else ""
    if wire >= FIRST_WIRE and not error:
        return Match(
            f"the server (wire version {wire}) ignores apiVersion: it accepts one that does not exist",
            severity="warning",
        )
    return Match(f"the server (wire version {wire}) does not support apiVersion{error}")


def strict_violation(evidence: Evidence) -> Match | None:
    facts = of.api(evidence)
    if facts is None or not facts.strict or facts.find_code != 323:
        return None
    return Match(f"with apiStrict, the server refused a command: {facts.find_message}")


def command_deprecated(evidence: Evidence) -> Match | None:
    facts = of.api(evidence)
    if facts is None or not facts.deprecation_errors or facts.find_code != DEPRECATION_ERROR:
        return None
    return Match(f"with apiDeprecationErrors, the server refused a command: {facts.find_message}")


CAUSES = (
    Cause(
        code="api.required",
        title="The server requires clients to declare an API version",
        explanation="The server runs with requireApiVersion and refuses every command without an "
        "API version, even hello. A driver that declares none finds no server, and gives up after "
        "30 seconds.",
        remedies=(
            Remedy(
                "Declare an API version in your program (in mongoping: --stable-api):",
                command='AsyncMongoClient(uri, server_api=ServerApi("1"))',
            ),
            Remedy(
                "Turn the requirement off, in mongosh:",
                command="db.adminCommand({setParameter: 1, requireApiVersion: false})",
            ),
        ),
        links=(DOCS, DRIVER_DOCS),
        when=version_required,
        says=(
            r"apiVersion parameter is required",
            r"⟨code 498870⟩",
        ),
    ),
    Cause(
        code="api.unsupported",
        title="The server is too old for the Stable API",
        explanation="The Stable API needs MongoDB 5.0 or newer. An older server ignores apiVersion "
        "in ping and hello, so the client seems connected, but refuses it in every real query.",
        remedies=(
            "Create the client without server_api (in mongoping: --no-stable-api).",
            "Upgrade the server to MongoDB 5.0 or newer.",
        ),
        links=(DOCS, DRIVER_DOCS),
        when=version_unsupported,
        hidden_by=("hello.wire-version-too-old",),
        says=(
            r"Unrecognized field '?apiVersion|apiVersion'? is an unknown field",
            r"⟨code 322⟩",
            r"does not support (?:the )?(?:Stable|Versioned) API",
        ),
    ),
    Cause(
        code="api.strict-violation",
        title="A command is outside the declared API version",
        explanation="With apiStrict, the server refuses every command that is not part of the "
        "declared API version. The connection itself is fine.",
        remedies=(
            "Use a command of the Stable API instead.",
            Remedy(
                "Create the client without apiStrict:",
                command='AsyncMongoClient(uri, server_api=ServerApi("1", strict=False))',
            ),
        ),
        links=(DOCS,),
        when=strict_violation,
        says=(
            r"⟨code 323⟩",
            r"is not in API Version \d",
        ),
    ),
    Cause(
        code="api.deprecated",
        title="A command is deprecated in the declared API version",
        explanation="With apiDeprecationErrors, the server refuses commands that a later API "
        "version will no longer contain. The connection itself is fine.",
        remedies=(
            "Use the replacement of the command instead.",
            Remedy(
                "Create the client without apiDeprecationErrors:",
                command='AsyncMongoClient(uri, server_api=ServerApi("1", deprecation_errors=False))',
            ),
        ),
        links=(DOCS,),
        when=command_deprecated,
        says=(
            r"⟨code 324⟩",
            r"is deprecated in API Version \d",
        ),
    ),
)
