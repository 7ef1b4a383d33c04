"""mongoping's own short connections: what the driver would ask, seen one layer at a time."""
