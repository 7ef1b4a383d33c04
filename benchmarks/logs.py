"""Measure how fast `explain --file` reads logs of several kinds, beside a loop over lines."""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from benchmarks.processes import Launcher, Series, mongoping

MB = 1_000_000
LIMIT_S = 20.0  # for 100 MB
LOOP = "import sys\nfor line in open(sys.argv[1], encoding='utf-8'): line.lower().find('mongo')\n"
Line = Callable[[random.Random], str]

ERRORS = (
    "MongoServerSelectionError: connect ECONNREFUSED {ip}:{port}",
    "MongooseServerSelectionError: getaddrinfo ENOTFOUND {word}.{word}.example",
    "pymongo.errors.ServerSelectionTimeoutError: {word}:{port}: [Errno 111] Connection refused",
    "MongoServerError: bad auth : Authentication failed. (user {word})",
    "com.mongodb.MongoSocketReadTimeoutException: Timeout while receiving message {word}",
    "server selection error: server selection timeout, current topology: {{ Type: Unknown, "
    "Servers: [{{ Addr: {word}:{port}, Type: Unknown, Last error: dial tcp {ip}:{port}: connect: "
    "connection refused }}, ] }}",
    "MongoNetworkError: {word} certificate has expired for {word}",
    "MongoDB.Driver.MongoAuthenticationException: Unable to authenticate {word} using SCRAM-SHA-1",
)
TRACEBACKS = (
    "ERROR {word}.{word}: job {word} failed\nTraceback (most recent call last):\n"
    '  File "/app/{word}/{word}.py", line 7, in {word}\n    {word}.{word}({word})\n'
    '  File "/app/lib/pymongo/synchronous/topology.py", line 333, in select_servers\n'
    "    server_descriptions = self._select_servers_loop(selector, timeout, operation)\n"
    "pymongo.errors.ServerSelectionTimeoutError: {word}:{port}: timed out (configured timeouts: "
    "socketTimeoutMS: 20000.0ms), Timeout: 30s, Topology Description: <TopologyDescription id: "
    "{number}, topology_type: Unknown, servers: [<ServerDescription ('{word}', {port}) server_type"
    ": Unknown, rtt: None, error=NetworkTimeout('{word}:{port}: timed out')>]>",
)
TRAFFIC = (
    "INFO  {word}.{word} GET /{word}/{number} 200 {number}ms user={word}",
    "DEBUG {word}.worker finished job {word} in {number} ms, {number} left",
    "WARN  {word}.cache miss for key {word}:{number}, reading {word} again",
)
SERVER = (
    '{{"t":{{"$date":"{time}"}},"s":"I","c":"NETWORK","id":22943,"ctx":"listener","msg":"Connection'
    ' accepted","attr":{{"remote":"{ip}:{port}","connectionId":{number},"connectionCount":9}}}}',
    '{{"t":{{"$date":"{time}"}},"s":"I","c":"ACCESS","id":20249,"ctx":"conn{number}","msg":'
    '"Authentication failed","attr":{{"mechanism":"SCRAM-SHA-256","principalName":"{word}",'
    '"authenticationDatabase":"{word}","remote":"{ip}:{port}","result":"UserNotFound: Could not '
    'find user \\"{word}\\" for db \\"{word}\\""}}}}',
    '{{"t":{{"$date":"{time}"}},"s":"I","c":"COMMAND","id":51803,"ctx":"conn{number}","msg":"Slow '
    'query","attr":{{"type":"command","ns":"{word}.{word}","command":{{"find":"{word}"}},'
    '"durationMillis":{number}}}}}',
)


def main_kinds() -> dict[str, Line]:
    """Return the kinds of logs, and the function that writes a line of each."""
    return {
        "an application's, without errors": lambda chance: _fill(TRAFFIC, chance),
        "an application's, every 50th line an error": _mixed_line,
        "the same error in every line": lambda chance: _fill(ERRORS[:1], chance),
        "a new error in every line": lambda chance: _fill(ERRORS, chance),
        "a new error in every line, among new words": _wordy,
        "tracebacks, each of another host": lambda chance: _fill(TRACEBACKS, chance),
        "errors of 20 kB, each with other words": _long,
        "mongod's, with logins of unknown users": lambda chance: _fill(SERVER, chance),
    }


def _mixed_line(chance: random.Random) -> str:
    return _fill(ERRORS if chance.random() < 0.02 else TRAFFIC, chance)


def _wordy(chance: random.Random) -> str:
    words = " ".join(_word(chance) for _ in range(8))
    return f"{_fill(ERRORS, chance)} {words}"


def _long(chance: random.Random) -> str:
    fields = ", ".join(f'"{_word(chance)}": "{_word(chance)}"' for _ in range(1_000))
    return f"{_fill(ERRORS, chance)} {{{fields}}}"


def _word(chance: random.Random) -> str:
    return "".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=chance.randint(3, 9)))


def _fill(templates: tuple[str, ...], chance: random.Random) -> str:
    """Return a template with a time before it and other words, addresses and numbers in it."""
    template = chance.choice(templates)
    stamp = f"2026-01-02T{chance.randint(0, 23):02}:{chance.randint(0, 59):02}:00.000+00:00"
    while "{word}" in template:
        template = template.replace("{word}", _word(chance), 1)
    text = template.format(
        ip=f"192.0.2.{chance.randint(1, 250)}",
        port=chance.randint(27017, 27099),
        number=chance.randint(1, 10**6),
        time=stamp,
    )
    return text if text.startswith("{") else f"{stamp} {text}"


def write_log(path: Path, line: Line, size: int) -> None:
    """Write a log of at least ``size`` bytes."""
    chance = random.Random(7)  # noqa: S311 - the same log in every run
    remaining = size
    with path.open("w", encoding="utf-8") as file:
        while remaining > 0:
            text = "\n".join(islice(_lines(line, chance), 5_000)) + "\n"
            remaining -= file.write(text)


def _lines(line: Line, chance: random.Random) -> Iterator[str]:
    while True:
        yield line(chance)


def table(rounds: int, size_mb: int = 100) -> str:
    """Read a log of each kind ``rounds`` times, and return the table in Markdown.

    On a busy machine, compare the multiples of the loop.
    """
    rows = [
        "| log | CPU s per 100 MB | × the loop | peak MiB | limit | met |",
        "|---|---:|---:|---:|---|---|",
    ]
    with tempfile.TemporaryDirectory() as folder, Launcher() as launcher:
        for name, line in main_kinds().items():
            path = Path(folder) / "app.log"
            write_log(path, line, size_mb * MB)
            loop = Series("loop", [sys.executable, "-c", LOOP, str(path)])
            read = mongoping(name, "explain", "--file", str(path))
            for _ in range(rounds):
                for series in (loop, read):
                    series.runs.append(launcher.once(series))
            scale = 100 * MB / path.stat().st_size
            seconds = scale * read.median("cpu")
            ratio = statistics.median(read.all("cpu")) / statistics.median(loop.all("cpu"))
            rows.append(
                f"| {name} | {seconds:.1f} | {ratio:.0f} | {read.median('peak'):.0f} "
                f"| ≤ {LIMIT_S:g} s | {'yes' if seconds <= LIMIT_S else '**no**'} |"
            )
            print(f"{time.strftime('%X')} {rows[-1]}", file=sys.stderr, flush=True)
    return "\n".join(rows)
