"""Generate the pages of the documentation that repeat what the code knows.

Each page is a module here with ``PATH``, its path in the project, and ``page()``, which returns
its text; ``more()`` returns further pages by their paths. ``python -m tools.docs`` writes the
pages, ``--check`` compares them, and ``--site FOLDER`` builds the site.
"""
