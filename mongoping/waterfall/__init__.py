"""Where the time of a first ping goes: names, network, TLS, server, login, driver, each apart."""
