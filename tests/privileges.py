"""Processes to which file permissions apply, also if the tests run as root."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

WITHOUT_OVERRIDE = "--bounding-set=-dac_override,-dac_read_search"


def bound_by_permissions(command: Sequence[str]) -> list[str]:
    """Return a command without root's capabilities to ignore the permissions of files."""
    return [*(["setpriv", WITHOUT_OVERRIDE] if os.geteuid() == 0 else []), *command]
