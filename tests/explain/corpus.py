"""The corpus: real error texts with their causes, fit to be kept.

What belongs to the machine that they were made on (paths, ports, ids, times, passwords) is
replaced. Texts that are the same after that are one; where the same text came of several
causes, it cannot tell them apart, and they are its alternatives.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus, unquote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.explain.harvest import Sample

FOLDER = Path(__file__).parent / "corpus"
LOGS = FOLDER / "logs.jsonl"
ROOT = Path(__file__).parents[2]
TOO_MANY_LAYERS = 3  # a text that causes of so many layers give names none of them
MAX_FRAMES = 14  # lines of a Python traceback that are kept, the last ones

# Where one text came of several causes: the most general one, which is what it says.
GENERAL = (
    "auth.failed",
    "auth.user-not-found",  # in the database that was asked, wherever else there may be one
    "tls.alert-internal-error",
    "tls.required-by-server",
    "tls.not-enabled-on-server",
    "tls.client-certificate-required",
    "tcp.timeout",
    "tcp.refused",
    "tcp.reset",
    "dns.host-not-found",
    "dns.timeout",
    "topology.set-name-mismatch",
    "topology.no-primary",
    "uri.malformed",
)
# Whatever caused it, such a text names what happened: it was refused, the connection was closed.
WORDS_OF_CAUSES = (("tcp.refused", "ECONNREFUSED"), ("tls.required-by-server", " closed"))
# Some faults are two at once, and each client names the one that it meets first.
TWOFOLD = {"tls.certificate-expired:other-name": ("tls.hostname-mismatch", "Hostname mismatch")}
# And such a text, which is all there is, names nothing.
NOTHING = re.compile(
    r"(?:[\w .:]{0,60}: )?(?:Server selection timed out after \d+ ms"
    r"|FileNotFoundError\(2, 'No such file or directory'\))"
)


@dataclass(frozen=True)
class Entry:
    """One text. ``cause`` is None where no reader of it could name one.

    ``alternatives`` are causes of which the same text came, but for the names in it.
    """

    client: str
    text: str
    cause: str | None
    alternatives: tuple[str, ...] = ()
    versions: tuple[str, ...] = field(default=())


def load(path: Path) -> Iterator[Entry]:
    """The entries of a file of JSON lines; fields that are not ours are left out."""
    for line in path.read_text("utf-8").splitlines():
        one = json.loads(line)
        others, versions = (tuple(one.get(name, ())) for name in ("alternatives", "versions"))
        yield Entry(one["client"], one["text"], one["cause"], others, versions)


def own() -> Iterator[Entry]:
    """Every entry of the corpus, except the logs."""
    for path in sorted(FOLDER.glob("*.jsonl")):
        if path != LOGS:
            yield from load(path)


def write(samples: Iterable[Sample]) -> int:
    """Replace the corpus by what is told of these samples; the number of texts."""
    entries = merge(samples)
    FOLDER.mkdir(exist_ok=True)
    for path in FOLDER.glob("*.jsonl"):
        if path != LOGS:
            path.unlink()
    by_client = defaultdict(list)
    for one in entries:
        by_client[one.client].append(json.dumps(asdict(one), ensure_ascii=False))
    for client, lines in by_client.items():
        (FOLDER / f"{client}.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    return len(entries)


def write_logs(samples: Iterable[Sample], healthy: str, alternatives: tuple[str, ...]) -> int:
    """Replace the logs of the corpus; return their number.

    The cause of a ``healthy`` log is None. Other logs may also be read as one of ``alternatives``.
    """
    lines = []
    for sample in samples:
        cause = None if sample.fault == healthy else sample.fault
        others = alternatives if cause and cause.startswith("topology.") else ()
        entry = Entry(sample.client, normal(sample), cause, others, (sample.version,))
        lines.append(json.dumps(asdict(entry), ensure_ascii=False))
    LOGS.write_text("\n".join(lines) + "\n", "utf-8")
    return len(lines)


def merge(samples: Iterable[Sample]) -> list[Entry]:
    """One entry for each different text, with what else it may mean."""
    by_text: dict[tuple[str, str], list[tuple[str, Sample]]] = defaultdict(list)
    by_shape: dict[tuple[str, str], set[str]] = defaultdict(set)
    for sample in samples:
        text = normal(sample)
        if text:
            by_text[sample.client, _LOOPBACK.sub("localhost", text)].append((text, sample))
            by_shape[sample.client, shape(text)].add(cause_of(sample))
    entries = []
    for (client, _), pairs in sorted(by_text.items(), key=lambda pair: _order(pair[1])):
        text, same = pairs[0][0], [sample for _, sample in pairs]
        causes = {cause_of(sample) for sample in same}
        alike = by_shape[client, shape(text)]
        cause = general(causes, text)
        versions = tuple(sorted({sample.version for sample in same}))
        others = tuple(sorted(alike - {cause or ""}))
        entries.append(Entry(client, text, cause, others, versions))
    return entries


def _order(pairs: list[tuple[str, Sample]]) -> tuple[str, str]:
    return pairs[0][1].fault, pairs[0][1].form


def cause_of(sample: Sample) -> str:
    """The cause of a fault; of one that is two at once, the one that the text has words for."""
    other, words = TWOFOLD.get(sample.fault, ("", ""))
    return other if words and words in sample.text else sample.cause


def general(causes: set[str], text: str) -> str | None:
    """The cause that a text of several has; None where nothing in it speaks of any."""
    if NOTHING.fullmatch(text):
        return None
    if len({cause.partition(".")[0] for cause in causes}) >= TOO_MANY_LAYERS:
        return next(
            (code for code, word in WORDS_OF_CAUSES if code in causes and word in text), None
        )
    return next((code for code in GENERAL if code in causes and len(causes) > 1), min(causes))


_IDS = re.compile(
    r"\b[0-9a-f]{24}\b|\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"
)
_THREADS = re.compile(r"\b[0-9A-F]{12,16}(?=:error:)")
_PORTS = re.compile(
    r"(?<=', )\d{5}(?=[,)])|(?<=[pP]ort: )\d{5}\b|(?<=[pP]ort\": )\d{5}\b|(?<=[pP]ort\":)\d{5}\b"
    r"|(?<=[\w\]]:)\d{5}\b(?!,  ?\"ctx)"
)
_TIMES = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[+-]\d\d:\d\d|Z)?")
_DURATIONS = re.compile(
    r"(?:expired after|out after|rtt:|\w*Time:|Time:|esponse id|expected|Timestamp\() ?-?[\d.]+"
    r"|'(?:localTime|connectionId|counter)': [\d.]+|\"connectionId\":\d+|\"conn\d+\"|Thread-\d+"
    r"|0x[0-9a-f]{6,16}|pid[=:] ?\d+"
)
_PATHS = (
    (re.compile(r"/[\w./-]{1,200}/site-packages/"), "/app/lib/python3/site-packages/"),
    (re.compile(r"/[\w./-]{1,200}/\.servers/(?:pymongo-[\w.]+|motor-[\d.]+|bson-conflict)/"),
     "/app/lib/python3/site-packages/"),
    (re.compile(r"/[\w./-]{1,200}/lib/python3\.\d+/"), "/usr/lib/python3/"),
    (re.compile(r"/[\w./-]{1,200}/bin/python[\d.]*"), "/usr/bin/python3"),
    (re.compile(r"/[\w./-]{1,200}/\.servers/node/"), "/app/"),
    (re.compile(r"/[\w./-]{1,200}/mongod(?=[' ]-?)"), "/usr/bin/mongod"),
    (re.compile(r"/[\w./-]{1,200}/tests/explain/programs/python_client\.py"), "/app/main.py"),
    (re.compile(r"/[\w./-]{1,200}/tests/explain/programs/mistakes\.py"), "/app/main.py"),
    (re.compile(r"/[\w./-]{1,200}/tests/explain/programs/\w+\.mjs"), "/app/main.mjs"),
    (re.compile(r"/[\w./-]{0,100}/mongoping-[\w-]{1,40}/"), "/run/app/"),
)  # fmt: skip


def normal(sample: Sample) -> str:
    """A text without what belongs to the machine, the run or a user; empty: nothing is left."""
    text = sample.text.replace("\r\n", "\n")
    for secret in secrets(sample.uri):
        text = text.replace(secret, "s3cret")
    for pattern, instead in _PATHS:
        text = pattern.sub(instead, text)
    text = _TIMES.sub("2026-01-02T03:04:05.000+00:00", text)
    text = _THREADS.sub("80ABCDEF127F0000", text)
    text = _DURATIONS.sub(_as_ones, text)
    text = _IDS.sub(lambda match: re.sub(r"[0-9a-f]", "0", match[0]), text)
    text = _number_ports(text)
    return _cut(text).strip()


def _as_ones(match: re.Match[str]) -> str:
    """Numbers of the run; what may be letters in the place of a number stays."""
    if match[0].startswith("esponse id") and abs(int(match[0].split()[-1])) > 0x14000000:
        return match[0]
    return re.sub(r"\d+", "1", match[0])


def secrets(uri: str) -> list[str]:
    """The password of a URI in every form in which a client may repeat it, whole or in parts."""
    login = uri.partition("://")[2].rpartition("@")[0]
    password = unquote(login.partition(":")[2])
    if len(password) < 4:
        return []
    parts = [password, *re.split(r"[/@:?#]", password)]
    forms = [form for part in parts for form in (part, quote(part, safe=""), quote_plus(part))]
    return sorted({form for form in forms if len(form) >= 6}, key=len, reverse=True)


def _number_ports(text: str) -> str:
    """Ports become 27017 and on, in the order of their appearance."""
    numbers: dict[str, str] = {}

    def instead(match: re.Match[str]) -> str:
        port = match[0]
        if int(port) < 1024 or port.startswith("270"):
            return port
        return numbers.setdefault(port, str(27017 + len(numbers)))

    return _PORTS.sub(instead, text)


def _cut(text: str) -> str:
    """A long Python traceback without its first frames: people paste its end."""
    lines = text.splitlines()
    if len(lines) <= MAX_FRAMES or not any(line.startswith("Traceback") for line in lines):
        return text
    frames = lines[-MAX_FRAMES:]
    while frames and not frames[0].startswith(("  File", "Traceback")) and len(frames) > 1:
        frames = frames[1:]
    return "\n".join(["Traceback (most recent call last):", *frames])


_LOOPBACK = re.compile(r"\blocalhost\b|\b127\.0\.0\.1\b")  # which of the two says nothing
_HOST = re.compile(
    r"(?:[\w-]+\.){1,6}[a-z]{2,10}(?=[:\s'\",.)]|$)|\blocalhost\b|\b127\.\d+\.\d+\.\d+\b"
)


def shape(text: str) -> str:
    """A text without the names in it: what is left says the same whatever the host is called."""
    return re.sub(r"\d+", "0", _HOST.sub("host", text))
