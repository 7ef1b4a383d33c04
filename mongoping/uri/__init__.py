"""Parse, check and correct connection strings. `mongoping.uri.target` is the entry point."""
