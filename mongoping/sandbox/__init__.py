"""Temporary real MongoDB deployments, healthy or with a reproducible fault."""
