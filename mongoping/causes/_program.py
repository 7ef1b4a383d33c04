"""Decide why the Python of the user's program fails, as one conclusion for all causes.

What that Python lacks shows in its own error and in its list of packages. That its environment
decides can only be said if the same connection string works here: a failure that both have is not
the environment's, and the other causes explain it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import PurePath

from mongoping.causes import _evidence as of
from mongoping.compat import rules as compat
from mongoping.compat.versions import release
from mongoping.data import tls_codes
from mongoping.interpreter.record import Interpreter
from mongoping.model import Evidence, Match, Remedy, Severity
from mongoping.observations import ClientAttempt, ProgramError, ProgramFacts, observation
from mongoping.shadowing import PACKAGES, is_library, split_module
from mongoping.shell import join, quote

MODULE_SHADOWED = "client.module-shadowed"
DIFFERS = "client.environment-differs"
OTHER_TRUST = "client.trust-store-differs"
REFUSALS = frozenset(
    {"ConfigurationError", "InvalidURI", "TypeError", "ValueError", "KeyError"}
    | {"ImportError", "ModuleNotFoundError"}  # of ServerApi, which PyMongo has since 3.12
)
"""The exceptions of a client that rejects a connection string or an argument. A failed SRV lookup
is a ConfigurationError too, and follows an exception of dnspython."""
TIMEOUTS = frozenset({"NetworkTimeout", "TimeoutError", "timeout"})
AWS_PACKAGE = "pymongo-auth-aws"
Conclusion = tuple[str, Match]
When = Callable[[Evidence], Match | str | None]


def or_program(code: str, own: When | None = None) -> When:
    """Return a predicate that is true if a cause is true of the program's Python, or of this one.

    Args:
        code: the code of the cause.
        own: decides it for the Python that runs mongoping; None if that is not possible.
    """

    def when(evidence: Evidence) -> Match | str | None:
        match = program_match(evidence, code)
        return match if match is not None or own is None else own(evidence)

    return when


def program_match(evidence: Evidence, code: str) -> Match | None:
    """Return the conclusion about the program's Python if it is this cause."""
    facts = observation(evidence, "program")
    match = _conclusion(evidence, facts) if facts is not None else None
    return match[1] if match is not None and match[0] == code else None


def works_here(evidence: Evidence) -> bool:
    """Return whether the deployment works with the Python that runs mongoping."""
    ping = evidence.result("ping")
    return ping is not None and ping.ok


def _conclusion(evidence: Evidence, facts: ProgramFacts) -> Conclusion | None:
    """Return the cause of a failure of the program's Python; None if it may be another's."""
    if facts.import_error is not None:
        return _import_failed(evidence, facts, facts.import_error)
    attempt = facts.failed
    if attempt is None or attempt.error is None:
        return None
    if attempt.step == "import":
        return _motor_failed(evidence, facts, attempt.error)
    error = attempt.error
    match = _package_missing(evidence, facts, error)
    if match is not None or not works_here(evidence) or evidence.settings.resolver is not None:
        return match  # --resolver is for mongoping only, so names may differ there
    return (
        _options_refused(evidence, facts, attempt.step, error)
        or _wire_versions(evidence, facts)
        or _unknown_ca(evidence, facts, attempt)
        or _unexplained_failure(evidence, facts, attempt.client, attempt.server_error or error)
    )


def _match(
    evidence: Evidence,
    facts: ProgramFacts,
    text: str,
    *remedies: Remedy,
    instead_of: tuple[str, ...] = (),
) -> Match:
    """Return a match about the program's Python; a warning if the deployment itself fails."""
    severity: Severity | None = None if works_here(evidence) else "warning"
    detail = f"{facts.python.path} ({facts.versions()}) {text}"
    return Match(
        detail,
        remedies,
        severity=severity,
        instead_of=instead_of,
        certain=True,
        python=facts.python,
    )


def _newest(facts: ProgramFacts) -> str:
    """Return the requirement for the newest PyMongo that fits a Python."""
    fitting = compat.newest_pymongo_on(facts.python.version)
    return "pymongo" if fitting is None else f"pymongo>={fitting.series}"


def _upgrade(facts: ProgramFacts) -> Remedy:
    command = facts.python.install_command(_newest(facts))
    return Remedy("Upgrade PyMongo in the program's environment:", command=command)


def _row(facts: ProgramFacts, cause: str) -> compat.Row | None:
    return next((row for row in facts.rows if row.cause == cause), None)


def _import_failed(evidence: Evidence, facts: ProgramFacts, error: ProgramError) -> Conclusion:
    python = facts.python
    if (module := _shadowed_module(python, error.file)) is not None:
        text = f"imports {error.file} instead of the module {module}: {error}"
        return MODULE_SHADOWED, _match(evidence, facts, text, rename(error.file or ""))
    if bson := python.packages.get("bson"):
        text = f"cannot import PyMongo ({error}), and has the package bson {bson}"
        words = "In the program's environment, remove both, then install only PyMongo:"
        remedy = Remedy(words, command=_without_bson(python, _newest(facts)))
        steps = ("Remove both, then install only PyMongo:",)
        match = _match(evidence, facts, text, remedy, instead_of=steps)
        return "client.bson-conflict", match
    for cause in ("client.python-too-old", "client.python-too-new"):
        if (row := _row(facts, cause)) is not None:
            text = f"cannot import PyMongo ({error}); {row.words}"
            return cause, _match(evidence, facts, text, _upgrade(facts))
    text = f"cannot import PyMongo: {error}. {_differences(evidence, facts)}"
    return DIFFERS, _match(evidence, facts, text, _upgrade(facts))


def _shadowed_module(python: Interpreter, file: str | None) -> str | None:
    """Return the module of PyMongo or the standard library that a user's file has the name of."""
    if file is None or python.library is None:
        return None
    folder, module = split_module(file)
    if is_library(folder, python.library):
        return None
    if module in sys.stdlib_module_names:
        return module
    beside_pymongo = python.pymongo_file and split_module(python.pymongo_file)[0] == folder
    return module if module in PACKAGES and not beside_pymongo else None


def rename(file: str) -> Remedy:
    """Return the remedy for a file that has the name of a module."""
    path = PurePath(file)
    if path.name == "__init__.py":  # the folder has the name of the module
        return Remedy(
            "Rename the folder:", command=join(["mv", str(path.parent), f"{path.parent}_"])
        )
    new_name = f"{file.removesuffix('.py')}_.py" if file.endswith(".py") else file
    return Remedy("Rename the file:", command=join(["mv", file, new_name]))


def shadows_in_folder(evidence: Evidence) -> Match | None:
    """Match files in the current folder that a program started there would import."""
    facts = observation(evidence, "program")
    if facts is None or not facts.shadows:
        return None
    names = ", ".join(facts.shadows)
    text = f"a program that is in the same folder imports {names} instead of the modules"
    return Match(f"{text} that PyMongo needs", (rename(facts.shadows[0]),), severity="warning")


def _without_bson(python: Interpreter, pymongo: str) -> str:
    """Return the command that removes the package bson, and PyMongo, of which it replaced files."""
    if python.lock_folder is not None:
        again = f"uv sync --project {quote(python.lock_folder)} --reinstall-package pymongo"
        return f"{python.uninstall_command('bson')} && {again}"
    removal = python.uninstall_command("bson", "pymongo")
    return f"{removal} && {python.install_command(pymongo)}"


def _motor_failed(evidence: Evidence, facts: ProgramFacts, error: ProgramError) -> Conclusion:
    command = facts.python.install_command("motor>=3.7", _newest(facts))
    both = Remedy("Upgrade both in the program's environment:", command=command)
    row = _row(facts, "client.motor-pymongo-mismatch")
    if row is not None and row.status == "fail":
        text = f"cannot import Motor ({error}); {row.words}"
        match = _match(evidence, facts, text, both, instead_of=("Upgrade both:",))
        return "client.motor-pymongo-mismatch", match
    doubts = [f"; {row.words}" for row in facts.rows if row.subject == "Motor's Python"]
    text = f"cannot import Motor ({error}){''.join(doubts)}. {_differences(evidence, facts)}"
    return DIFFERS, _match(evidence, facts, text, both)


def _package_missing(
    evidence: Evidence, facts: ProgramFacts, error: ProgramError
) -> Conclusion | None:
    """Return what the connection string needs and that Python does not have."""
    python, target = facts.python, evidence.target
    if target is None or error.type != "ConfigurationError" or not {*error.types} <= REFUSALS:
        return None
    if target.srv and python.packages.get("dnspython") is None:
        text = f"has no dnspython, which mongodb+srv needs: {error}"
        command = python.install_command("pymongo[srv]")
        install = Remedy("Install it in the program's environment:", command=command)
        steps = ("Install it for the program's Python:",)
        match = _match(evidence, facts, text, install, instead_of=steps)
        return "client.dnspython-missing", match
    if target.mechanism == "MONGODB-AWS" and python.packages.get(AWS_PACKAGE) is None:
        text = f"has no {AWS_PACKAGE}, which MONGODB-AWS needs: {error}"
        command = python.install_command("pymongo[aws]")
        install = Remedy("Install it in the program's environment:", command=command)
        return "auth.dependency-missing", _match(evidence, facts, text, install)
    if evidence.tls and python.openssl is None:
        text = f"has no ssl module, and this string asks for TLS: {error}"
        return "client.python-ssl-missing", _match(evidence, facts, text)
    return None


def _options_refused(
    evidence: Evidence, facts: ProgramFacts, step: str, error: ProgramError
) -> Conclusion | None:
    """Return that an older PyMongo rejects the connection string, which the one here accepts."""
    here = observation(evidence, "compat")
    if step != "create" or not {error.type, *error.types} <= REFUSALS:
        return None
    if here is None or here.pymongo is None or facts.pymongo is None:
        return None
    if release(facts.pymongo) >= release(here.pymongo):
        return None
    text = f"cannot create a client, as PyMongo {here.pymongo} can with the same options: {error}"
    match = _match(evidence, facts, text, _upgrade(facts), instead_of=("Upgrade the driver:",))
    return "client.driver-too-old", match


def _wire_versions(evidence: Evidence, facts: ProgramFacts) -> Conclusion | None:
    """Return that the PyMongo there is too old or too new for a server that works here."""
    for host, hello in of.hellos(evidence).items():
        if facts.min_wire is not None and hello.max_wire < facts.min_wire:
            server = compat.server_of_wire(hello.max_wire)
            pin = compat.pymongo_pin(server) if server is not None else None
            text = f"needs wire version {facts.min_wire}, and {host} has at most {hello.max_wire}"
            words = "Install a PyMongo that supports the server in the program's environment:"
            remedies = [Remedy(words, command=facts.python.install_command(pin))] if pin else []
            return "compat.server-too-old", _match(evidence, facts, text, *remedies)
        if facts.max_wire is not None and hello.min_wire > facts.max_wire:
            text = f"knows wire versions up to {facts.max_wire}, and {host} needs {hello.min_wire}"
            steps = ("Upgrade the driver:",)
            match = _match(evidence, facts, text, _upgrade(facts), instead_of=steps)
            return "client.driver-too-old", match
    return None


def _unknown_ca(
    evidence: Evidence, facts: ProgramFacts, attempt: ClientAttempt
) -> Conclusion | None:
    """Return that the CAs differ, if that Python rejects a certificate that is trusted here."""
    here, python, code = observation(evidence, "tls-files"), facts.python, attempt.verify_code
    kind = tls_codes.verify_kind(code) if code is not None else None
    if here is None or not here.verifies or kind != "unknown-ca":
        return None
    if evidence.options.get("tlsCAFile") or None in (here.store_digest, python.store_digest):
        return None
    if here.store_digest == python.store_digest:
        return None
    theirs = f"{python.trust_store} ({python.store_count} CAs)"
    ours = f"{here.store_file or here.authorities} ({here.store_count} CAs)"
    text = f"trusts {theirs}, and the Python of mongoping {ours}: {attempt.server_error}"
    if here.store_file is None:
        return OTHER_TRUST, _match(evidence, facts, text)
    command = f"export SSL_CERT_FILE={quote(here.store_file)}"
    same = Remedy("Let the program trust the file that works here:", command=command)
    return OTHER_TRUST, _match(evidence, facts, text, same)


def _unexplained_failure(
    evidence: Evidence, facts: ProgramFacts, client: str, error: ProgramError
) -> Conclusion:
    """Return that only that Python fails; a warning if it may only have been too slow."""
    works = [attempt.client for attempt in facts.attempts if attempt.error is None]
    also = f"; {' and '.join(works)} works there" if works else ""
    also += "".join(f"; PyMongo warns there: {warning}" for warning in facts.warnings)
    text = f"fails with {client}: {error}{also}. {_differences(evidence, facts)}"
    match = _match(evidence, facts, text)
    return DIFFERS, match.replace(severity="warning") if TIMEOUTS & {*error.types} else match


def _differences(evidence: Evidence, facts: ProgramFacts) -> str:
    """Return in one sentence what differs between the two Pythons."""
    here, files, python = (
        observation(evidence, "compat"),
        observation(evidence, "tls-files"),
        facts.python,
    )
    pairs: list[tuple[str, str | None, str | None]] = []
    if here is not None:
        pymongo = facts.pymongo or python.packages.get("pymongo")
        pairs = [
            ("Python", f"{python.kind} {python.version}", f"{here.implementation} {here.python}"),
            ("PyMongo", pymongo, here.pymongo),
            ("dnspython", python.packages.get("dnspython"), here.dnspython),
            ("OpenSSL", python.openssl, here.openssl),
        ]
    if files is not None and files.store_digest and python.store_digest:
        pairs.append(("the set of trusted CAs", python.store_digest, files.store_digest))
    differences = [
        f"{name} {there or 'none'} (here {ours or 'none'})"
        for name, there, ours in pairs
        if there != ours
    ]
    if not differences:
        return "Nothing that mongoping compares differs between the two Pythons"
    return f"Different there: {', '.join(differences)}"


def only_program_works(evidence: Evidence) -> Match | None:
    """Match a deployment that only the program's Python can use.

    A login that is missing does not count: that Python only pings, which needs none.
    """
    facts = observation(evidence, "program")
    if evidence.settings.resolver is not None:
        return None
    results = (evidence.result("driver"), evidence.result("auth"), evidence.result("ping"))
    failures = [result.failure for result in results if result and result.status == "failed"]
    fails_here = any(failure is None or failure.kind != "not-authenticated" for failure in failures)
    if facts is None or facts.state != "works" or not fails_here:
        return None
    detail = f"{facts.python.path} ({facts.versions()}) connects. {_differences(evidence, facts)}"
    return Match(detail)
