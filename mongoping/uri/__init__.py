"""The parts and rules of a connection string. `mongoping.target` puts them together."""
