"""Starts one process at a time, and tells what it cost: a line of JSON in, a line out.

Linux adds the memory of the forking process to the peak of the new one, so this has to be
small: it imports next to nothing, and runs as ``python -I -S``.
"""

import os
import signal
import sys
import time
from json import dumps, loads

LIMIT_S = 90  # three times what a driver waits for a server by default: longer is for ever


def main() -> None:
    """Serve until standard input ends."""
    for line in sys.stdin:
        request = loads(line)
        actions = [
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, request["output"], os.O_WRONLY | os.O_TRUNC, 0),
            (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
        ]
        argv = request["argv"]
        start = time.perf_counter()
        process = os.posix_spawn(argv[0], argv, request["env"], file_actions=actions)
        signal.signal(signal.SIGALRM, lambda *_, child=process: os.kill(child, signal.SIGKILL))
        signal.alarm(LIMIT_S)
        _, status, usage = os.wait4(process, 0)
        signal.alarm(0)
        wall = time.perf_counter() - start
        cost = {
            "cpu": usage.ru_utime + usage.ru_stime,
            "wall": wall,
            "peak": usage.ru_maxrss / 1024,
            "code": os.waitstatus_to_exitcode(status),
        }
        print(dumps(cost), flush=True)


main()
