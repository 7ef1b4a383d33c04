"""The page of exit codes, from the model."""

from __future__ import annotations

from mongoping.exit_codes import (
    EXIT_CODES,
    EXIT_DEFECT,
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

Every command that looks at a deployment exits with the code of the layer where the cause was seen,
so that a script need not read the report.
A cause that bears the name of one layer may be seen in another: the access list of Atlas is seen in
the TLS handshake, and exits with 13.
"""

USE = """
## In a script

```sh
mongoping check --quiet
case $? in
  0) ;;
  16) echo 'the login is refused' ;;
  1[0-4]) echo 'it cannot be reached' ;;
  *) exit 1 ;;
esac
```

With `--strict`, a healthy deployment with warnings exits with 1.
What was seen before an interruption is printed, and the code is 130.
With 70, mongoping itself failed: please report it, with the line that it prints.
"""

MEANINGS = {
    "uri": "the connection string",
    "dns": "names: SRV, TXT, addresses",
    "tcp": "connections",
    "tls": "TLS: handshake, certificates, files",
    "hello": "what answered is not a MongoDB server that this driver can talk to",
    "api": "the Stable API",
    "auth": "authentication or authorization",
    "topology": "the members of the deployment and what they say of each other",
    "ping": "an expectation was not met, or no ping came back",
    "client": "the client side: driver, Python, missing extra, versions that do not meet",
}

GENERAL = {
    EXIT_OK: "healthy; warnings are allowed, unless `--strict`",
    EXIT_UNEXPLAINED: "a failure that no known cause explains, or warnings with `--strict`",
    EXIT_USAGE: "mongoping was used wrongly",
    EXIT_DEFECT: "a defect of mongoping",
    EXIT_INTERRUPTED: "interrupted; what was seen so far is printed",
}


def rows() -> list[tuple[int, str]]:
    """Every exit code with its meaning."""
    known = dict(GENERAL) | {EXIT_CODES[layer]: words for layer, words in MEANINGS.items()}
    return sorted(known.items())


def exit_codes() -> str:
    """The table of exit codes, in Markdown; the README shows the same."""
    return table(("exit code", "meaning"), ((str(one), words) for one, words in rows()))


def page() -> str:
    """The text of the page, in Markdown."""
    by_command = (
        (f"[{name}](commands/{name}.md)", prose(words)) for name, words in sorted(EXITS.items())
    )
    parts = [HEAD, exit_codes() + "\n", "## Of each command\n"]
    parts += ["Besides, every command exits with 2 where it was used wrongly.\n"]
    return "\n".join([*parts, table(("command", "exits with"), by_command), USE])
