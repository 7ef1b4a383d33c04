"""The checks of a run, one in each public module; the registry finds them by file name."""
