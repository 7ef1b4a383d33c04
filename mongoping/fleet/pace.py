"""How many targets run at once, and which of them may start. Pure.

The number follows what the event loop can handle, measured as its lag: it starts low, grows while
the loop keeps up, and shrinks when it does not. Targets that have been waiting for a while cost no
CPU and count only towards the upper limit.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Generic, TypeVar

START = 8
MIN = 4
GROWTH = 1.25
SHRINK = 0.6
CALM_MS, BUSY_MS = 10.0, 40.0  # lag of the loop: below, it can do more; above, it does too much
IDLE_AFTER_S = 1.0  # a target that takes longer is waiting for the network
PER_HOST = 8  # targets on one host at the same time: they may share its limits

Item = TypeVar("Item")


class Pace:
    """The number of targets that may be busy at once."""

    def __init__(self, most: int) -> None:
        self.most = max(most, 1)
        self._limit = float(min(START, self.most))

    @property
    def limit(self) -> int:
        """Return how many may be busy."""
        return int(self._limit)

    def adapt(self, lag_ms: float, *, is_saturated: bool) -> None:
        """Adapt to the lag since the last call.

        ``is_saturated`` says whether the limit was reached.
        """
        if lag_ms > BUSY_MS:
            self._limit = max(self._limit * SHRINK, float(min(MIN, self.most)))
        elif lag_ms < CALM_MS and is_saturated:
            self._limit = min(max(self._limit * GROWTH, self._limit + 1), float(self.most))


class Waiting(Generic[Item]):
    """Targets that wait: one at a time for each deployment, and a few for each host."""

    def __init__(self, per_host: int = PER_HOST) -> None:
        self._per_host = per_host
        self._ready: deque[tuple[Item, str, tuple[str, ...]]] = deque()
        self._blocked: dict[str, deque[tuple[Item, str, tuple[str, ...]]]] = {}
        self._deployments: set[str] = set()
        self._hosts: dict[str, int] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, item: Item, deployment: str, hosts: Iterable[str]) -> None:
        """Add a target of a deployment on these hosts."""
        self._ready.append((item, deployment, tuple(dict.fromkeys(hosts))))
        self._count += 1

    def next(self) -> tuple[Item, str, tuple[str, ...]] | None:
        """Return a target that may start, or None; call `done` with the rest when it has ended."""
        while self._ready:
            entry = self._ready.popleft()
            _, deployment, hosts = entry
            full = next((host for host in hosts if self._hosts.get(host, 0) >= self._per_host), "")
            if deployment in self._deployments:
                self._blocked.setdefault(f"d:{deployment}", deque()).append(entry)
            elif full:
                self._blocked.setdefault(f"h:{full}", deque()).append(entry)
            else:
                self._deployments.add(deployment)
                for host in hosts:
                    self._hosts[host] = self._hosts.get(host, 0) + 1
                self._count -= 1
                return entry
        return None

    def done(self, deployment: str, hosts: tuple[str, ...]) -> None:
        """Release what a target used, and let those that waited for it try again."""
        self._deployments.discard(deployment)
        for host in hosts:
            count = self._hosts[host] - 1
            if count:
                self._hosts[host] = count
            else:
                del self._hosts[host]
        for key in (f"d:{deployment}", *(f"h:{host}" for host in hosts)):
            blocked_entries = self._blocked.get(key)
            if blocked_entries:
                self._ready.appendleft(blocked_entries.popleft())
                if not blocked_entries:
                    del self._blocked[key]
