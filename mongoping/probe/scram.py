"""Rules and limits for the first message of a SCRAM server. Pure.

Sources: RFC 5802 (the messages), RFC 7677 and MongoDB's Authentication specification (4096
iterations at least). Neither sets an upper limit, and PyMongo has none: a server that asks for
2,147,483,647 iterations keeps a client's event loop busy for about twenty minutes.
"""

from __future__ import annotations

MAX_ITERATIONS = 1_000_000  # about half a second; MongoDB's own defaults are 10,000 and 15,000
MIN_ITERATIONS = 4096


class IterationCountError(Exception):
    """The server asks for fewer or more iterations of password hashing than are computed."""

    def __init__(self, iterations: int) -> None:
        few = f"and clients refuse fewer than {MIN_ITERATIONS:,}"
        limit = few if iterations < MIN_ITERATIONS else f"and mongoping stops at {MAX_ITERATIONS:,}"
        super().__init__(
            f"the server asks for {_iterations_text(iterations)} iterations of password hashing, "
            f"{limit}"
        )
        self.iterations = max(min(iterations, 2**63 - 1), -(2**63))


def _iterations_text(iterations: int) -> str:
    return f"{iterations:,}" if abs(iterations) < 10**12 else "an absurd number of"


def fields(message: bytes) -> dict[bytes, bytes]:
    """Return the attributes of a SCRAM message, read as PyMongo reads them."""
    pairs = (part.split(b"=", 1) for part in message.split(b","))
    return {pair[0]: pair[1] for pair in pairs if len(pair) == 2}


def iterations(message: bytes) -> int | None:
    """Return the iteration count of a server's first message, or None where it has none.

    Raises `IterationCountError` for a count below `MIN_ITERATIONS` or above `MAX_ITERATIONS`.
    """
    try:
        count = int(fields(message)[b"i"])
    except (KeyError, ValueError):
        return None
    if not MIN_ITERATIONS <= count <= MAX_ITERATIONS:
        raise IterationCountError(count)
    return count
