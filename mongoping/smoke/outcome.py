"""The exit code of a probe. Pure, and imports what is there already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mongoping.model import EXIT_CODES, EXIT_OK, EXIT_UNEXPLAINED

if TYPE_CHECKING:
    from mongoping.smoke.probe import Probe


def exit_code(seen: Probe) -> int:
    """By the layer where it ended; 1 where the cause is not known."""
    if seen.cause is None:
        return EXIT_OK
    if seen.cause.endswith(".unexplained"):
        return EXIT_UNEXPLAINED
    return EXIT_CODES.get(seen.layer, EXIT_UNEXPLAINED)
