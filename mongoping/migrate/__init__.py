"""From Motor to PyMongo Async: programs are rewritten, and what a person must decide is marked.

`mongoping.migrate.programs.migrate` does it. The parser, libcst, is imported with that
module alone; it comes with the extra ``migrate``.
"""

from __future__ import annotations
