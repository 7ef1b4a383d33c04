"""Ping until stopped: latencies, elections and drops as they happen, in bounded memory."""
