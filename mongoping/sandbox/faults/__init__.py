"""Reproducible faults, one module per layer."""
