"""Build files that contain mongoping with its dependencies, to copy to another machine.

``mongoping.pyz`` runs with any Python from 3.11 on, on the same kind of system. The standalone
executable needs no Python. `python -m tools.bundle` builds both.
"""
