"""Why mongoping could not run in another place, from the last words of ssh, docker or kubectl."""

from __future__ import annotations

import re
from typing import Literal

from mongoping.escape import printable
from mongoping.record import Record
from mongoping.uri.redaction import remove

Reason = Literal[
    "no-program",  # ssh, docker or kubectl is not installed here
    "unknown-name",  # the name of the host does not resolve, or there is no such container or pod
    "host-key",  # ssh does not trust the key of the host
    "denied",  # the login failed, or the user may not do that
    "not-running",  # the container or the pod does not run
    "unreachable",  # no connection to the host, the daemon or the API server
    "no-shell",  # the place has no shell, or lacks what the script needs
    "no-folder",  # no folder can be written
    "disk-full",
    "noexec",  # nothing can be started from the folders that can be written
    "no-file",  # no file of mongoping fits that system
    "silent",  # no answer in time
    "interrupted",  # the user stopped the run
    "lost",  # the connection ended too early
    "crashed",  # mongoping did not start, or ended early
    "version",  # another version of mongoping answered
    "garbage",  # the answer is no report
]
MAX_WORDS = 300  # characters of what another program said
MAX_SENTENCE = 1000
SHOWN_LINES = 2
MAX_READ = 8192  # characters from the end

_SAYS: tuple[tuple[Reason, str, tuple[str, ...]], ...] = (
    (
        "host-key",
        "ssh does not trust the key of that host",
        ("host key verification failed", "host identification has changed"),
    ),
    (
        "unknown-name",
        "the name of that host does not resolve here",
        ("could not resolve hostname",),
    ),
    ("unknown-name", "there is no container with that name", ("no such container",)),
    (
        "unknown-name",
        "there is no such pod",
        (r"\(notfound\)", r"(pods?|namespaces?) \S+ not found"),
    ),
    (
        "not-running",
        "that container is not running",
        (
            r"container \S+ is not running",
            "is paused, unpause",
            "is restarting",
            "cannot exec in a (stopped|deleted)",
        ),
    ),
    (
        "not-running",
        "that pod has no running container",
        ("container not found", "completed pod", "current phase is"),
    ),
    (
        "no-shell",
        "it has no shell",
        (
            "executable file not found",
            r"no such file or directory.*\bsh\b",
            r"\bsh\b.*(no such file|not found|not recognized)",
        ),
    ),
    (
        "denied",
        "the user here may not do that",
        (r"\(forbidden\)", "is forbidden", "unauthorized", "permission denied.*docker"),
    ),
    (
        "denied",
        "the login was refused",
        ("permission denied", "too many authentication failures", "no supported authentication"),
    ),
    (
        "unreachable",
        "it cannot be reached",
        (
            "connection (refused|timed out|reset|closed)",
            "timed out",
            "no route to host",
            "network is unreachable",
            "cannot connect to the docker daemon",
            "unable to connect to the server",
            r"connection to the server \S+ was refused",
            "unable to upgrade connection",
        ),
    ),
)
"""Why a program could not run a shell there, with the patterns of its words; the first one wins."""


class Problem(Record):
    """Why a place cannot be used: the kind of reason, and a sentence without a period."""

    reason: Reason
    sentence: str

    def without(self, secrets: tuple[str, ...]) -> Problem:
        """Return the problem with ``***`` in place of secrets: a place may repeat what it got."""
        return self.replace(sentence=remove(self.sentence, secrets, MAX_SENTENCE))


class Unusable(Exception):  # noqa: N818 - it carries a `Problem`
    """A place cannot be used."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem


GARBAGE = Problem("garbage", "what it printed is not a report of mongoping")


def from_words(words: str, program: str, code: int | None) -> Problem:
    """Return why a connection ended before the shell answered.

    Args:
        words: What the program wrote to standard error; foreign text.
        program: ssh, docker or kubectl.
        code: Its exit code.
    """
    lines = words[-MAX_READ:].splitlines()[::-1]  # the last ones sum up
    for reason, sentence, patterns in _SAYS:
        for line in lines:
            if any(re.search(pattern, line, re.IGNORECASE) for pattern in patterns):
                return Problem(reason, f"{sentence}{quote_output(line, program)}")
    ending = f"exit code {code}" if code is not None and code >= 0 else f"signal {-(code or 0)}"
    words_text = quote_output(words, program)
    return Problem("lost", f"{program} ended with {ending} before anything ran there{words_text}")


def quote_output(words: str, program: str) -> str:
    """Return the last lines that a program wrote in parentheses, cut and harmless, or nothing."""
    lines = [line.strip() for line in words[-MAX_READ:].splitlines() if line.strip()]
    text = printable("; ".join(lines[-SHOWN_LINES:]), most=MAX_WORDS)
    if not text:
        return ""
    return f" ({text})" if text.startswith(f"{program}:") else f" ({program}: {text})"


def from_copy(words: str, count_text: str, size: int) -> Problem:
    """Return why a file did not arrive completely."""
    arrived_bytes = int(count_text) if re.fullmatch(r"\s*[0-9]{1,15}\s*", count_text) else 0
    if re.search("no space left|disk quota", words[-MAX_READ:], re.IGNORECASE):
        return Problem("disk-full", f"there is no room for {size / 1e6:.0f} MB there")
    return Problem("lost", f"only {arrived_bytes:,} of {size:,} bytes arrived there")
