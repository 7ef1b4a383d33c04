"""Generate the page of exit codes from the model."""

from __future__ import annotations

from mongoping.exit_codes import (
    EXIT_BUG,
    EXIT_CODES,
    EXIT_INTERRUPTED,
    EXIT_OK,
    EXIT_UNEXPLAINED,
    EXIT_USAGE,
)
from tools.docs._markdown import prose, table
from tools.docs._usage import EXITS

PATH = "docs/exit-codes.md"

HEAD = """\
<!-- Generated from mongoping/exit_codes.py: edit that, then run `python -m tools.docs`. -->

# Exit codes

Every command that connects exits with the code of the layer in which it found the cause, so that a
script need not read the report.
That layer can differ from the one in the name of the cause: Atlas enforces its access list during
the TLS handshake, so the exit code is 13.
"""

USE = """
## In a script

```sh
mongoping check --quiet
case $? in
  0) ;;
  16) echo 'the login was refused' ;;
  1[0-4]) echo 'the deployment cannot be reached' ;;
  *) exit 1 ;;
esac
```

With `--strict`, a healthy deployment with warnings exits with 1.
After an interruption, mongoping prints what it has found so far and exits with 130.
The code 70 means a bug in mongoping: please report it, with the line that it prints.

With `--format nagios`, commands exit like a plug-in of a monitoring system: 0 OK, 1 WARNING,
2 CRITICAL, or 3 UNKNOWN if the deployment could not be checked because of a usage error, an
invalid connection string, a limit of this machine, or an interruption.
"""

MEANINGS = {
    "uri": "the connection string",
    "dns": "DNS: SRV and TXT records, addresses",
    "tcp": "TCP connections",
    "tls": "TLS: handshake, certificates, files",
    "hello": "what answered is not a MongoDB server that this driver can talk to",
    "api": "the Stable API",
    "auth": "authentication or authorization",
    "topology": "the members of the deployment, and how they see each other",
    "ping": "an expectation was not met, or no ping came back",
    "client": "the client: driver, Python, a missing extra, incompatible versions",
}

GENERAL = {
    EXIT_OK: "healthy; warnings are allowed, unless `--strict`",
    EXIT_UNEXPLAINED: "a failure that no known cause explains, or warnings with `--strict`",
    EXIT_USAGE: "invalid usage of mongoping",
    EXIT_BUG: "a bug in mongoping",
    EXIT_INTERRUPTED: "interrupted; mongoping prints what it has found so far",
}


def rows() -> list[tuple[int, str]]:
    """Return every exit code with its meaning, in ascending order."""
    meanings_by_code = dict(GENERAL) | {
        EXIT_CODES[layer]: meaning for layer, meaning in MEANINGS.items()
    }
    return sorted(meanings_by_code.items())


def exit_codes() -> str:
    """Return the table of exit codes in Markdown; the README contains the same."""
    return table(("exit code", "meaning"), ((str(number), meaning) for number, meaning in rows()))


def page() -> str:
    """Return the page in Markdown."""
    by_command = (
        (f"[{name}](commands/{name}.md)", prose(meaning)) for name, meaning in sorted(EXITS.items())
    )
    parts = [HEAD, exit_codes() + "\n", "## Each command\n"]
    parts += ["Every command also exits with 2 if its arguments or options are invalid.\n"]
    return "\n".join([*parts, table(("command", "exit code"), by_command), USE])
