"""``python -m tests.explain``: make the corpus again, from real runs.

Every fault of the sandbox and every mistake of `mistakes` is shown to every client; a network of
our own lets a name server on loopback answer for the whole machine. It takes some twenty
minutes, Linux, the right to make namespaces, pip and npm. With ``again`` the samples of the
last time are only read again. With ``logs`` only the logs of clients and servers are recorded,
which takes two minutes.
"""

from __future__ import annotations

import os
import sys
import tempfile

from tests.explain import namespace

AGAIN, LOGS = "again", "logs"


def main() -> int:
    """Fetch the clients, then collect inside the network of our own."""
    from tests.explain.clients import PACKAGES, install

    os.environ.setdefault("MONGOPING_SERVERS", str(PACKAGES))
    if not namespace.inside() and AGAIN not in sys.argv:
        install()
        return namespace.enter("tests.explain", sys.argv[1:])
    pattern = sys.argv[1] if len(sys.argv) > 1 else ""
    from tests.explain import corpus, harvest

    if pattern == LOGS:
        from tests.explain import logs

        count = corpus.write_logs(logs.record(), logs.HEALTHY, logs.ALSO)
        print(f"{count} logs in {corpus.LOGS}")
        return 0
    if pattern == AGAIN:
        print(f"{corpus.write(harvest.load_samples())} texts in {corpus.FOLDER}")
        return 0
    samples = []
    with tempfile.TemporaryDirectory(prefix="mongoping-") as folder:
        tempfile.tempdir = folder
        for sample in harvest.harvest(namespace.Port53(), pattern):
            samples.append(sample)
            print(f"{len(samples):>4} {sample.fault} {sample.client}", file=sys.stderr)
    if pattern:
        for result in corpus.merge(samples):
            print(result)
        return 0
    harvest.keep(samples)
    print(f"{corpus.write(samples)} texts in {corpus.FOLDER}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
