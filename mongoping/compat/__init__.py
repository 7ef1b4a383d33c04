"""Decide which versions of servers, PyMongo, Motor and Python work together. Pure."""
