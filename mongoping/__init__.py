"""mongoping: names the one cause when a program cannot connect to MongoDB.

The public API is what this module exports; see docs/library.md.
"""

__version__ = "0.1.0"
