"""Look into another Python: the one that runs the user's program, with its own packages.

`locate` finds it and starts nothing. `session` runs one script of mongoping in it, `there.py`,
which lists what that Python has or pings a deployment with its PyMongo. `inspect` and `answers`
read what the script prints.
"""
