"""Ping until stopped; report latencies, elections and dropped connections in bounded memory."""
