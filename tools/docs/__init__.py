"""Pages of the documentation that repeat what the code knows, generated from it.

A page is a module here with ``PATH``, where it stands in the project, and ``page()``, its
text; ``more()`` gives further pages by their paths. ``python -m tools.docs`` writes them;
with ``--check`` it compares; with ``--site FOLDER`` it builds the whole site.
"""
