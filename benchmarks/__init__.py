"""Compare the cost of mongoping with the bare driver: ``python -m benchmarks``."""
