"""Match what is missing, shadowed or of the wrong version in the Python of the program."""

from __future__ import annotations

from mongoping.causes._program import MODULE_SHADOWED, program_match, rename, shadows_in_folder
from mongoping.causes.compat import at_worst, row_match
from mongoping.model import Evidence, Match, Remedy
from mongoping.observations import observation
from mongoping.uri.edit import set_options

INSTALL_COMPRESSORS = Remedy(
    "For PyMongo, install the modules:", command='python -m pip install "pymongo[snappy,zstd]"'
)
NODE_COMPRESSORS = Remedy(
    "For Node.js, install the modules:", command="npm install snappy @mongodb-js/zstd"
)
ONLY_ZLIB = "Set compressors=zlib, which needs no module."
USE_ZLIB = "Use zlib, which needs no module:"


def dnspython_missing(evidence: Evidence) -> str | None:
    failure = evidence.failure("srv")
    if failure is None or failure.kind != "dependency-missing":
        return None
    return "SRV records cannot be looked up, since dnspython is not installed in this Python"


def module_shadowed(evidence: Evidence) -> Match | None:
    """Match an import error caused by a file of the user (see `mongoping.shadowing`)."""
    for result in evidence.results:
        failure = result.failure
        if failure is None or not failure.facts.get("shadowed_by"):
            continue
        file, module = str(failure.facts["shadowed_by"]), failure.facts.get("module")
        return Match(
            f"{file} is imported instead of the module {module}: {failure.message}",
            (rename(file),),
            explains=(result.check,),
        )
    return program_match(evidence, MODULE_SHADOWED) or shadows_in_folder(evidence)


def motor_end_of_life(evidence: Evidence) -> Match | None:
    return row_match(evidence, "client.motor-end-of-life", subject="Motor ", severity="warning")


def motor_mismatch(evidence: Evidence) -> Match | None:
    """Match a Motor that does not fit PyMongo; only a warning, since mongoping needs no Motor."""
    code = "client.motor-pymongo-mismatch"
    return row_match(evidence, code, subject="PyMongo ", severity="warning")


def python_too_old(evidence: Evidence) -> Match | None:
    code = "client.python-too-old"
    return row_match(evidence, code, subject="Python ", severity=at_worst(evidence))


def python_too_new(evidence: Evidence) -> Match | None:
    """Match a Python newer than the driver supports; only a warning, since most of it works."""
    return row_match(evidence, "client.python-too-new", subject="Python ", severity="warning")


def driver_too_old(evidence: Evidence) -> Match | None:
    code = "client.driver-too-old"
    return row_match(evidence, code, subject="PyMongo ", severity=at_worst(evidence))


def ssl_missing(evidence: Evidence) -> str | None:
    facts = observation(evidence, "compat")
    if facts is None or facts.openssl is not None or not evidence.tls:
        return None
    return f"{facts.implementation} {facts.python} has no ssl module, and this string asks for TLS"


def compressor_missing(evidence: Evidence) -> Match | None:
    """Match a compressor without its module; only a warning, since PyMongo ignores it."""
    facts = observation(evidence, "compat")
    if facts is None or not facts.compressors_missing:
        return None
    names = facts.compressors_missing
    extras = [name for name in names if name != "zlib"]
    option = f"compressors={','.join(names)}"
    detail = f"{option} is set, but its module is not installed where mongoping runs"
    target = evidence.target
    uri = set_options(target.uri, compressors="zlib") if target is not None else None
    remedies: tuple[Remedy, ...] = ()
    if extras:
        zlib = Remedy(USE_ZLIB, uri=uri) if uri else Remedy(ONLY_ZLIB)
        command = facts.compressors_install
        install = Remedy("Install the module where mongoping runs:", command=command)
        remedies = (install, zlib) if command else (zlib,)
    steps = (INSTALL_COMPRESSORS.text, NODE_COMPRESSORS.text, ONLY_ZLIB)
    return Match(detail, remedies, severity="warning", instead_of=steps if extras else ())
