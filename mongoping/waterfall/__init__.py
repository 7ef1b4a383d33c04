"""Measure where the time of a first ping goes: DNS, TCP, TLS, hello, login, driver."""
