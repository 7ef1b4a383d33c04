"""Types of option values: numbers and durations, with one sentence for what is not one."""

from __future__ import annotations

from typing import Any

import click

from mongoping.units import parse_duration


class Number(click.FloatRange):
    """A number in a range, and not NaN, which `click.FloatRange` accepts."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the number, or fail for NaN."""
        number: float = super().convert(value, param, ctx)
        if number != number:
            self.fail(f"{value!r} is not a number.", param, ctx)
        return number


class Duration(click.FloatRange):
    """A duration in a range of seconds, written as ``5``, ``5s``, ``500ms``, ``2m`` or ``1h``."""

    name = "duration"

    def _describe_range(self) -> str:
        """Return nothing: the help would show seconds, and the error message has the range."""
        return ""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the number of seconds."""
        try:
            seconds = parse_duration(value) if isinstance(value, str) else value
        except ValueError as error:
            self.fail(str(error), param, ctx)
        result: float = super().convert(seconds, param, ctx)
        return result
