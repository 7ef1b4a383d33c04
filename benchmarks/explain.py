"""Print the scores of ``mongoping explain`` by source, and fail if one is below its floor.

``python -m benchmarks.explain [--cases FILE] [NAME=CLONE ...]`` scores the corpus of real runs, the
messages in clones of the drivers and of the server (NAME is one of `benchmarks.drivers.DRIVERS`,
or ``server``), and files of pasted texts. A line of such a file is a JSON object with ``text`` and
``acceptable``, the codes of causes that are right for it. Without any, the text counts only if
``explain`` names none.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks import driver_messages, server_messages
from benchmarks.driver_messages import CAUSE_NAMED, MISSES, STRANGER, WRONG
from benchmarks.drivers import DRIVERS
from mongoping.explaining import Explanation, explain
from mongoping.explaining.log import read_log
from tests.explain import corpus
from tests.explain.scoring import Tally
from tests.explain.scoring import score as score_entries

SERVER = "server"
FIRST, FITTING = 0.94, 0.985  # of the corpus: right at once, or among what is named
LOGS = 1.0  # of the logs of real runs
SOURCES = 0.95  # of the messages in a source
CASES = 0.85  # of pasted texts, whose labels are a matter of judgment
MAX_CERTAIN = 1 / 15  # of them may be certain and wrong
COLUMNS = (
    "source", "texts", "right", "fits as well", "cannot tell", "wrong", "certain and wrong",
    "score", "floor",
)  # fmt: skip
HEAD = f"| {' | '.join(COLUMNS)} |\n|---|{'---:|' * (len(COLUMNS) - 1)}"


@dataclass(frozen=True)
class Score:
    """The score of a source. ``faults`` are reasons why it fails in addition to its share."""

    source: str
    texts: int
    right: int
    fits: int
    unsure: int
    wrong: int
    certain: int
    share: float
    floor: float
    faults: tuple[str, ...] = ()

    @property
    def passes(self) -> bool:
        """Return whether the source reaches its floor, and has no other fault."""
        return self.share >= self.floor and not self.faults

    def row(self) -> str:
        """Return its line of the table."""
        counts = (self.texts, self.right, self.fits, self.unsure, self.wrong, self.certain)
        cells = (self.source, *map(str, counts), f"{self.share:.1%}", f"{self.floor:.1%}")
        return f"| {' | '.join(cells)} |" + ("" if self.passes else " BELOW")


def of_corpus() -> Score:
    """Return the score on the texts of real runs."""
    whole = score_entries(corpus.own()).whole
    score = _of_tally("corpus", whole, FITTING)
    if whole.share < FIRST:
        return replace(score, faults=(*score.faults, f"right at once {whole.share:.1%}"))
    return score


def _of_tally(source: str, tally: Tally, floor: float, tolerance: float = 0) -> Score:
    wrong, certain = tally.wrong - tally.confident, tally.confident
    faults = (f"{certain} certain and wrong",) if certain > tolerance else ()
    return Score(source, tally.texts, tally.first, tally.among, tally.silent, wrong, certain,
                 tally.fitting, floor, faults)  # fmt: skip


def of_logs() -> Score:
    """Return the score on recorded logs: right if exactly what happened is reported, once."""
    tally = Tally()
    for entry in corpus.load(corpus.LOGS):
        groups = read_log(entry.text.split("\n")).groups
        first = (
            groups[0].explanation if len(groups) == 1 and groups[0].count == 1 else Explanation()
        )
        expected = first.cause if first.cause in (entry.cause, *entry.alternatives) else entry.cause
        answer = Explanation(cause="too many", confidence="certain") if groups[1:] else first
        tally.add(corpus.Entry(entry.client, entry.text, expected), answer)
    return _of_tally("logs", tally, LOGS)


def of_messages(name: str, clone: Path) -> Score:
    """Return the score on the messages in a source: what is neither missed nor misunderstood."""
    counts: Counter[str] = Counter()
    if name == SERVER:
        counts.update(server_messages.judge(row)[0] for row in server_messages.messages(clone))
    else:
        for message in driver_messages.messages(name, clone):
            counts[driver_messages.judge(message, explain(message.text))] += 1
    texts, misses = counts.total(), sum(counts[word] for word in MISSES)
    certain = counts[WRONG]
    faults = tuple(f"{counts[word]} {word}" for word in (STRANGER, WRONG) if counts[word])
    unsure = texts - misses - counts[CAUSE_NAMED]
    share = 1 - misses / texts if texts else 0.0
    right = counts[CAUSE_NAMED]
    return Score(name, texts, right, 0, unsure, misses - certain, certain, share, SOURCES, faults)


def of_cases(path: Path) -> Score:
    """Return the score on a file of pasted texts."""
    tally = Tally()
    for line in path.read_text("utf-8").splitlines():
        case = json.loads(line)
        acceptable = tuple(case["acceptable"])
        explanation = explain(case["text"])
        if explanation.cause and not acceptable:
            continue
        fits = explanation.cause in acceptable or not acceptable
        cause = explanation.cause if fits else acceptable[0]
        tally.add(corpus.Entry("any", case["text"], cause), explanation)
    return _of_tally(path.name, tally, CASES, tolerance=MAX_CERTAIN * tally.texts)


def scores(namespace: argparse.Namespace) -> Iterator[Score]:
    """Yield the score of each source."""
    if not namespace.no_corpus:
        yield of_corpus()
        yield of_logs()
    yield from (of_messages(name, path) for name, path in namespace.clones)
    yield from (of_cases(path) for path in namespace.cases)


def clone(text: str) -> tuple[str, Path]:
    """Read NAME=CLONE."""
    name, _, path = text.partition("=")
    if name not in (*DRIVERS, SERVER) or not Path(path).is_dir():
        raise argparse.ArgumentTypeError(f"not NAME=CLONE with a source and a folder: {text}")
    return name, Path(path)


def main(arguments: list[str] | None = None) -> int:
    """Print a table with a line per source; return 1 if one is below its floor."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.explain", description=__doc__)
    parser.add_argument("clones", nargs="*", type=clone, metavar="NAME=CLONE",
                        help=", ".join((*DRIVERS, SERVER)))  # fmt: skip
    parser.add_argument("--cases", action="append", type=Path, default=[], metavar="FILE",
                        help="pasted texts as JSON lines")  # fmt: skip
    parser.add_argument("--no-corpus", action="store_true", help="leave out the real runs")
    print(HEAD)
    failures = []
    for score in scores(parser.parse_args(arguments)):
        print(score.row(), flush=True)
        failures += [] if score.passes else [score]
    for score in failures:
        reasons = ", ".join((f"{score.share:.1%}", *score.faults))
        print(f"{score.source} is below its floor of {score.floor:.1%}: {reasons}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
