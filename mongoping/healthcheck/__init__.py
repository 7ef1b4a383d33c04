"""The cheap health check: blocking sockets, and the same rules and causes as `check`."""
