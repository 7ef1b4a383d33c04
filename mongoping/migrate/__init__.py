"""Migrate programs from Motor to PyMongo Async, and mark what needs a decision.

The entry point is `mongoping.migrate.programs.migrate`. Only that module imports the parser,
libcst, which comes with the extra ``migrate``.
"""

from __future__ import annotations
