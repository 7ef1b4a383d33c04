"""Decide how long a probe may take, from the time that Prometheus allows for the scrape. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mongoping.settings import Settings

HEADER = "X-Prometheus-Scrape-Timeout-Seconds"
MARGIN_S = 0.5  # to close connections and to send the answer before the scrape times out
SHARE = 0.5  # of a scrape timeout so short that the margin would leave little of it
MIN_RUN_S = 0.1  # with less, a probe would only measure its own start
MAX_HEADER = 20  # characters


def budget_s(header: str | None, limit_s: float, margin_s: float = MARGIN_S) -> float:
    """Return the seconds that a probe may take.

    Args:
        header: the value of `HEADER`; anything but a positive number is ignored.
        limit_s: the most that a probe may take, also without the header.
        margin_s: how long before the scrape times out the answer is ready.
    """
    allowed_s = _seconds(header)
    if allowed_s is None:
        return limit_s
    return min(limit_s, max(allowed_s - margin_s, allowed_s * SHARE))


def _seconds(text: str | None) -> float | None:
    if text is None or len(text) > MAX_HEADER:
        return None
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if 0 < seconds < float("inf") else None


def within(settings: Settings, seconds: float) -> Settings:
    """Return the settings of a run that ends after ``seconds`` at the latest."""
    if settings.deadline <= seconds:
        return settings.replace(extension=0.0)
    cap = min(max(settings.cap, seconds / 2), seconds)
    return settings.replace(deadline=seconds, cap=cap, extension=0.0)
