"""The parts and rules of a connection string. `mongoping.uri.target` puts them together."""
