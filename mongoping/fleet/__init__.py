"""Many deployments: the inventory, the runs and what they have in common."""
