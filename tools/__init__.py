"""Programs for those who work on mongoping; none of them is installed."""
