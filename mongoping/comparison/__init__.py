"""Compare reports of one target from several places or times, and name what differs. Pure."""
