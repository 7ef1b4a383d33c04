"""``smoke --probe`` without a command-line framework, whose import costs as much as the probe.

Knows the few options that a health check has. For anything else it says None, and the whole
command line is asked, which means the same by them.
"""

from __future__ import annotations

import os
import sys

from mongoping.smoke.probe import DEPTHS, Probe, probe

VARIABLES = ("MONGOPING_URI", "MONGODB_URI")
PASSWORD = "MONGOPING_PASSWORD"  # noqa: S105 - a name, not a password
OTHERS = ("MONGOPING_RESOLVER", "MONGOPING_TLS_CA_FILE", "MONGOPING_TLS_CERTIFICATE_KEY_FILE",
          "MONGOPING_TLS_CRL_FILE", "GITHUB_STEP_SUMMARY")  # fmt: skip
TIMEOUT_S = 5.0


def run(argv: list[str]) -> int | None:
    """The exit code of ``smoke --probe ...``; None where this is not for us."""
    if argv[:1] != ["smoke"] or "--probe" not in argv or any(os.environ.get(o) for o in OTHERS):
        return None
    given = _read(argv[1:])
    if given is None:
        return None
    uri = given.get("uri") or next((os.environ[v] for v in VARIABLES if os.environ.get(v)), None)
    if uri is None or not uri.strip() or os.environ.get(PASSWORD) == "":
        return None
    from mongoping.output import note_verdict
    from mongoping.target import parse

    parsed = parse(uri, password=os.environ.get(PASSWORD))
    seen = probe(parsed, given.get("--until", "hello"), float(given.get("--timeout", TIMEOUT_S)))
    encoding = (sys.stdout.encoding or "").lower().replace("-", "")
    note_verdict(seen.cause or "ok")
    sys.stdout.write(line(seen, unicode=encoding.startswith("utf")))
    from mongoping.smoke.outcome import exit_code

    return exit_code(seen)


def _read(words: list[str]) -> dict[str, str] | None:
    """Options and the one string; None where there is anything that is not known here."""
    found: dict[str, str] = {}
    rest = iter(words)
    for word in rest:
        name, sign, value = word.partition("=") if word.startswith("--") else (word, "", "")
        if name in ("--probe", "-q", "--quiet") and not sign:
            continue
        if name in ("--until", "--timeout"):
            found[name] = value if sign else next(rest, "")
        elif word.startswith("mongodb") and "uri" not in found:
            found["uri"] = word
        else:
            return None
    return found if _sane(found) else None


def _sane(found: dict[str, str]) -> bool:
    if found.get("--until", "hello") not in DEPTHS:
        return False
    try:
        return 0.1 <= float(found.get("--timeout", TIMEOUT_S)) <= 3600
    except ValueError:
        return False


def line(seen: Probe, *, unicode: bool = True) -> str:
    """The one line that a probe prints."""
    from mongoping.words import milliseconds, printable

    if seen.cause is None:
        mark = "✓" if unicode else "+"
        text = f"{mark} ok {printable(seen.detail)}  {milliseconds(seen.duration_ms)}\n"
    else:
        mark = "✗" if unicode else "x"
        text = f"{mark} {seen.cause} {printable(seen.uri)}: {printable(seen.detail)}\n"
    return text if unicode else text.encode("ascii", "backslashreplace").decode("ascii")
