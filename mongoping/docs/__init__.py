"""Pages of the documentation that repeat what the code knows, generated from it.

A page is a module here with ``PATH``, where it stands in the project, and ``page()``, its
text. ``python -m mongoping.docs`` writes them; with ``--check`` it compares.
"""
