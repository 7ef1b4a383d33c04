"""The figures of a run that limits apply to, and the dates and clocks of its hosts."""

from __future__ import annotations

from collections.abc import Mapping

from mongoping.record import NOTHING, Record
from mongoping.settings import Quantity


class Measurement(Record):
    """One figure of a run, with the limits that the user set for it.

    Attributes:
        value: in seconds, for certificates in days; None if it was not measured.
        text: the value for people, or why it was not measured.
        least: the smallest value that it can have, if stalls of this process may be a part of it;
            None if it is exact.
        applies: False if there is nothing to measure, such as certificates without TLS.
        warning: the limit for a warning, in the unit of the value; None without one.
        critical: the limit for a failure.
    """

    name: Quantity
    value: float | None
    text: str
    applies: bool = True
    warning: float | None = None
    critical: float | None = None
    least: float | None = None


class Measurements(Record):
    """The figures of a run.

    Attributes:
        figures: those that limits apply to.
        certificate_expiry: when the certificate of each host expires, in seconds since 1970.
        clock_skew_s: how far this machine's clock is ahead of that of each host, in seconds.
    """

    figures: tuple[Measurement, ...] = ()
    certificate_expiry: Mapping[str, float] = NOTHING
    clock_skew_s: Mapping[str, float] = NOTHING

    def figure(self, name: Quantity) -> Measurement | None:
        """Return the figure with that name, or None."""
        return next((figure for figure in self.figures if figure.name == name), None)
