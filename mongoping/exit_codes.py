"""The exit codes that belong to no layer; those of the layers are in `mongoping.model`."""

from __future__ import annotations

EXIT_OK, EXIT_UNEXPLAINED, EXIT_USAGE = 0, 1, 2
EXIT_DEFECT, EXIT_INTERRUPTED = 70, 130
