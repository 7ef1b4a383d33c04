"""Types of option values: numbers and durations, with one sentence for what is not one."""

from __future__ import annotations

from typing import Any

import click

from mongoping.units import parse_duration


class Integer(click.IntRange):
    """A whole number in a range, which the help and errors state in words."""

    name = "whole number"

    def _describe_range(self) -> str:
        return _range(self.min, self.max)


class Number(click.FloatRange):
    """A number in a range, and not NaN, which `click.FloatRange` accepts."""

    name = "number"

    def _describe_range(self) -> str:
        return _range(self.min, self.max)

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the number, or fail for NaN."""
        number: float = super().convert(value, param, ctx)
        if number != number:
            self.fail(f"{value!r} is not a number.", param, ctx)
        return number


def _range(least: float | None, most: float | None) -> str:
    """Return the limits of a number in words."""
    return f"{least:g} or more" if most is None else f"{least:g} to {most:g}"


class Duration(click.ParamType):  # type: ignore[type-arg]
    """A duration, written as ``5``, ``5s``, ``500ms``, ``2m`` or ``1h``; limits are in seconds."""

    name = "duration"

    def __init__(self, least: float = 0, most: float | None = None, *, above: bool = False) -> None:
        self.least = least
        self.most = most
        self.above = above  # whether ``least`` itself is too short

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the number of seconds."""
        try:
            seconds: float = parse_duration(value) if isinstance(value, str) else value
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if seconds < self.least or (self.above and seconds == self.least):
            than = "more than" if self.above else "at least"
            self.fail(f"{value!r} is too short: use {than} {self.least:g}s.", param, ctx)
        if self.most is not None and seconds > self.most:
            self.fail(f"{value!r} is too long: use at most {self.most:g}s.", param, ctx)
        return seconds
