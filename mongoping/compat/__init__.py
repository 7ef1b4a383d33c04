"""Which versions of servers, PyMongo, Motor and Python work together: facts and rules. Pure."""
