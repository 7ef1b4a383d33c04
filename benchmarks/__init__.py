"""What mongoping costs, beside the bare driver: ``python -m benchmarks`` from the checkout."""
