"""``smoke --probe`` without the command-line framework, whose import costs as much as the probe.

Only the options of a health check are known here. With any other, `run` returns None, and the
full command line takes over, where these options mean the same.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from mongoping.environment import PASSWORD_VARIABLE, find_uri
from mongoping.exit_codes import EXIT_OK
from mongoping.healthcheck.look import DEPTHS, look
from mongoping.settings import Settings

if TYPE_CHECKING:
    from mongoping.healthcheck.look import Look
    from mongoping.model import Report

OTHERS = ("MONGOPING_RESOLVER", "MONGOPING_TLS_CA_FILE", "MONGOPING_TLS_CERTIFICATE_KEY_FILE",
          "MONGOPING_TLS_CRL_FILE", "GITHUB_STEP_SUMMARY")  # fmt: skip
TIMEOUT_S = 5.0


def run(argv: list[str]) -> int | None:
    """Return the exit code of ``smoke --probe ...``; None for any other command line."""
    if argv[:1] != ["smoke"] or "--probe" not in argv or any(os.environ.get(o) for o in OTHERS):
        return None
    options = _read(argv[1:])
    if options is None:
        return None
    uri = options.get("uri") or (find_uri(os.environ) or ("", ""))[1]
    if not uri.startswith("mongodb") or os.environ.get(PASSWORD_VARIABLE) == "":
        return None
    from mongoping.output import note_verdict
    from mongoping.uri.target import parse

    parsed_uri = parse(uri, password=os.environ.get(PASSWORD_VARIABLE))
    timeout = float(options.get("--timeout", TIMEOUT_S))
    result = look(parsed_uri, settings_for(timeout), options.get("--until", "hello"))
    report = None if result.ready is not None else _report_of(result)
    encoding = (sys.stdout.encoding or "").lower().replace("-", "")
    note_verdict(report.verdict.cause if report is not None and report.verdict else "ok")
    sys.stdout.write(line(result, report, unicode=encoding.startswith("utf")))
    return EXIT_OK if report is None else report.exit_code()


def settings_for(timeout: float) -> Settings:
    """Return the settings of a probe that may take ``timeout`` seconds."""
    return Settings(preset="smoke", deadline=timeout, cap=timeout)


def _report_of(look: Look) -> Report:
    from mongoping.healthcheck.verdict import report_of

    return report_of(look)


def _read(words: list[str]) -> dict[str, str] | None:
    """Return the options and the one URI; None if there is anything that is not known here."""
    options: dict[str, str] = {}
    rest = iter(words)
    for word in rest:
        name, sign, value = word.partition("=") if word.startswith("--") else (word, "", "")
        if name in ("--probe", "-q", "--quiet") and not sign:
            continue
        if name in ("--until", "--timeout"):
            options[name] = value if sign else next(rest, "")
        elif word.startswith("mongodb") and "uri" not in options:
            options["uri"] = word
        else:
            return None
    return options if _is_valid(options) else None


def _is_valid(options: dict[str, str]) -> bool:
    if options.get("--until", "hello") not in DEPTHS:
        return False
    try:
        return 0.1 <= float(options.get("--timeout", TIMEOUT_S)) <= 3600
    except ValueError:
        return False


def line(look: Look, report: Report | None, *, unicode: bool = True) -> str:
    """Return the one line that a probe prints. ``report`` is needed unless a host is ready."""
    from mongoping.escape import printable
    from mongoping.units import milliseconds

    verdict = None if report is None else report.verdict
    if verdict is None:
        mark = "✓" if unicode else "+"
        text = f"{mark} ok {printable(look.detail)}  {milliseconds(look.duration_ms)}\n"
    else:
        from mongoping.healthcheck.verdict import POINTER, is_open

        mark = "✗" if unicode else "x"
        more = f" ({POINTER})" if is_open(verdict) else ""
        details = printable("; ".join(verdict.evidence))
        text = f"{mark} {verdict.cause} {printable(look.parsed.shown)}: {details}{more}\n"
    return text if unicode else text.encode("ascii", "backslashreplace").decode("ascii")
