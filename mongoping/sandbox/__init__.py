"""Real MongoDB deployments to throw away: whole ones, and ones that are broken on purpose."""
