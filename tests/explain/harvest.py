"""Every fault of the sandbox, shown to every client; and every mistake of `mistakes`.

What comes out is raw: `corpus` makes it fit to keep.
"""

from __future__ import annotations

import json
import re
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mongoping.sandbox.deployment import replica_set, standalone
from mongoping.sandbox.fault import Fault, FaultKind, faults, lending, people
from mongoping.sandbox.nameserver import NameServer
from tests.explain.clients import CLIENTS, PACKAGES, Client
from tests.explain.mistakes import all_mistakes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mongoping.sandbox.deployment import Deployment
    from tests.explain.namespace import Port53

AT_ONCE = 3
SAMPLES = PACKAGES / "explain-samples.jsonl"
# What mongoping warns of works, and clients have no word for it; but for these.
WITH_WORDS = ("client.compressor-missing", "uri.invalid-option")


@dataclass(frozen=True)
class Sample:
    """The message of one client for one fault."""

    fault: str
    client: str
    version: str
    form: str
    code: int
    text: str
    uri: str = ""

    @property
    def cause(self) -> str:
        """The fault without its variant."""
        return self.fault.partition(":")[0]


def keep(samples: list[Sample]) -> None:
    """Have all samples at hand for the next time; they hold paths and passwords of a sandbox."""
    SAMPLES.write_text("\n".join(json.dumps(asdict(sample)) for sample in samples), "utf-8")


def load_samples() -> list[Sample]:
    """The samples of the last time."""
    return [Sample(**json.loads(line)) for line in SAMPLES.read_text("utf-8").splitlines()]


def api_of(args: tuple[str, ...]) -> dict[str, Any] | None:
    """The Stable API that a fault's options of mongoping ask for."""
    if "--api-strict" in args:
        return {"strict": True}
    return {} if "--stable-api" in args else None


@contextmanager
def _resolver(fault: Fault, names: Port53) -> Iterator[None]:
    """The machine's resolver is the fault's own, or one that knows no name."""
    with ExitStack() as stack:
        if "--resolver" in fault.args:
            address = fault.args[fault.args.index("--resolver") + 1]
        else:
            address = stack.enter_context(NameServer({})).address
        stack.enter_context(names.leading_to(address))
        yield


def of_fault(kind: FaultKind, names: Port53) -> list[Sample]:
    """Return the messages of every client for one fault, and mongod's log."""
    with kind.make() as fault, _resolver(fault, names), ThreadPoolExecutor(AT_ONCE) as pool:

        def ask(client: Client) -> Sample:
            output = client.run(fault.uri, api_of(fault.args), fault.env)
            return Sample(
                kind.code,
                client.name,
                client.version,
                client.form,
                output.code,
                output.text,
                fault.uri,
            )

        before = _logs()
        samples = list(pool.map(ask, CLIENTS))
        return [*filter(told_something, samples), *_log_samples(kind.code, before, fault.uri)]


# A played server knows few commands, and that it does not know another is no fault of the table.
BEYOND_THE_PART = "no such command: 'find'"
HEAP_CRASH = "JavaScript heap out of memory"  # mongosh, of an endless answer


def told_something(sample: Sample) -> bool:
    """Return whether a client reported an error."""
    if BEYOND_THE_PART in sample.text or HEAP_CRASH in sample.text:
        return False
    if sample.code == 0:
        return "Warning" in sample.text
    return bool(sample.text.strip())


LOG_LINE = re.compile(
    r'"Authentication failed"|SSLHandshakeFailed|too many open connections|ssl/tls alert'
    r'|"s":"E"|msgLen|requires authentication|APIVersion'
)
# What mongod itself says of a fault; others leave it silent, or are no matter of its own.
IN_LOGS = ("auth.", "tls.", "hello.too-many", "api.")


def _logs() -> dict[Path, int]:
    """The logs of all servers of the sandbox, with their sizes."""
    folder = Path(tempfile.gettempdir())
    return {path: path.stat().st_size for path in folder.glob("*/log")}


def _log_samples(fault: str, before: dict[Path, int], uri: str) -> Iterator[Sample]:
    """The lines that servers have written since, as far as they speak of a failure."""
    if not fault.startswith(IN_LOGS):
        return
    for path in _logs():
        with path.open("rb") as log:
            log.seek(before.get(path, 0))
            lines = log.read().decode("utf-8", "replace").splitlines()
        for line in dict.fromkeys(lines):
            if LOG_LINE.search(line):
                yield Sample(fault, "mongod", "6.0", "log", 1, line, uri)


def of_mistakes(plain: Deployment, with_users: Deployment, names: Port53) -> Iterator[Sample]:
    """Return the messages of clients for every mistake."""
    uris = {
        "plain": plain.uri,
        "locked": with_users.uri,
        "host": plain.host,
        "locked host": with_users.host,
    }
    every = list(all_mistakes())
    with ExitStack() as stack:
        nobody = stack.enter_context(NameServer({}))
        stack.enter_context(names.leading_to(nobody.address))
        pool = stack.enter_context(ThreadPoolExecutor(AT_ONCE))
        outputs = pool.map(lambda client: client.run(uris), every)
        for pair, output in zip(every, outputs, strict=True):
            uri = pair.uri or ""
            form = pair.program
            sample = Sample(pair.cause, pair.client, "newest", form, output.code, output.text, uri)
            if told_something(sample):
                yield sample


def harvest(names: Port53, pattern: str = "") -> Iterator[Sample]:
    """Everything, one fault after the other; ``pattern`` chooses among their codes."""
    with ExitStack() as stack:
        plain = stack.enter_context(standalone())
        with_users = stack.enter_context(standalone(users=people()))
        replicas = stack.enter_context(replica_set())
        stack.enter_context(lending(plain=plain, locked=with_users, replicas=replicas))
        if pattern in ("", "mistakes"):
            yield from of_mistakes(plain, with_users, names)
        for kind in faults().values():
            silent = kind.warning and kind.code not in WITH_WORDS
            if pattern in kind.code and not silent:
                yield from of_fault(kind, names)
