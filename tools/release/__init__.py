"""Check that a commit can be published, and build everything that is published.

`python -m tools.release` writes the files to dist/. docs/releasing.md describes a release.
"""
