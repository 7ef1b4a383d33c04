"""Reasons not to build a release."""

from __future__ import annotations


class NotReadyError(Exception):
    """The input is not ready for a release. The message is one sentence for the reader."""


class UnfitError(Exception):
    """A release was built and must not be published. The message says why, one reason a line."""
