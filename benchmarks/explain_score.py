"""Score ``mongoping explain`` on the corpus: ``python benchmarks/explain_score.py``.

Prints the score by client and by cause, of the corpus under tests/explain/corpus (real texts,
made by ``python -m tests.explain``), or of any file of JSON lines with the fields ``text``,
``cause``, ``alternatives`` and ``client``. A wrong cause at `certain` counts twice.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.explain import corpus
from tests.explain.scoring import Score, Tally, score

HEAD = "| {0} | texts | first choice | fits as well | cannot tell | wrong | of these certain |"
RULE = "|---|---:|---:|---:|---:|---:|---:|"


def row(name: str, tally: Tally) -> str:
    """Return a line of a table."""
    counts = (tally.first, tally.among, tally.silent, tally.wrong, tally.confident)
    return f"| {name} | {tally.texts} | " + " | ".join(map(str, counts)) + " |"


def table(result: Score) -> str:
    """Both tables and the totals."""
    lines = [HEAD.format("client"), RULE]
    lines += [row(name, result.by_client[name]) for name in sorted(result.by_client)]
    lines += ["", HEAD.format("cause"), RULE]
    lines += [row(name, result.by_cause[name]) for name in sorted(result.by_cause)]
    whole = result.whole
    lines += ["", f"{whole.texts} texts: first choice {whole.share:.1%}, "]
    lines[-1] += f"with what the text fits as well {whole.fitting:.1%}, "
    lines[-1] += f"certain and wrong {whole.confident}"
    return "\n".join(lines)


def main() -> None:
    """Print the score."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, metavar="FILE", help="another file of JSON lines")
    parser.add_argument("--missed", action="store_true", help="list what was not named at once")
    args = parser.parse_args()
    result = score(corpus.load(args.corpus) if args.corpus else corpus.own())
    if args.missed:
        for how, sample, cause, confidence in result.misses:
            text = " ".join(sample.text.split())[-160:]
            print(f"{how:<7} {sample.client}: {sample.cause} -> {cause} ({confidence}): {text}")
    print(table(result))


if __name__ == "__main__":
    main()
