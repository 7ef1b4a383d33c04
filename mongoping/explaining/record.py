"""The result of `explain`, ready to be shown."""

from __future__ import annotations

from typing import Literal

from mongoping.model import Remedy
from mongoping.record import Record

Confidence = Literal["certain", "likely", "possible"]
CONFIDENCES: tuple[Confidence, ...] = ("possible", "likely", "certain")  # weakest first


class Explanation(Record):
    """The cause that a text names, or why it names none.

    ``cause`` is a code of the catalog; with None, ``missing`` says what else to provide.
    Where a text fits several causes, ``cause`` is the most general one, ``alternatives`` are
    the others, and ``missing`` says what would tell them apart. ``hosts`` are those that the
    cause concerns, as ``host:port`` where the text has the port. ``client`` is who wrote the
    text, ``quote`` the line that decided, without any secret.
    """

    cause: str | None = None
    confidence: Confidence = "possible"
    alternatives: tuple[str, ...] = ()
    title: str | None = None
    explanation: str = ""
    remedies: tuple[Remedy, ...] = ()
    links: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    missing: str | None = None
    client: str | None = None
    quote: str = ""

    @property
    def host(self) -> str | None:
        """Return the only host concerned; None for several or none."""
        return self.hosts[0] if len(self.hosts) == 1 else None
