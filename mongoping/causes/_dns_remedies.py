"""What to do about the DNS, in words that several of its causes share."""

from __future__ import annotations

SRV_DOCS = (
    "https://www.mongodb.com/docs/manual/reference/connection-string-formats/#srv-connection-format"
)
TROUBLE_DOCS = "https://www.mongodb.com/docs/atlas/troubleshoot-connection/"
STANDARD_STRING = (
    "Use the standard connection string (mongodb://host1,host2,host3/...), which needs no SRV "
    "record; Atlas shows it under Connect, Drivers, for an older driver version."
)
NAME_SERVER = "Put a name server into /etc/resolv.conf, for example: nameserver 1.1.1.1"
NO_FILE = (
    "Where that file cannot exist (Android, some sandboxes): "
    "dns.asyncresolver.default_resolver = dns.asyncresolver.Resolver(configure=False), then set its nameservers, before the client is made."
)
CHECK_RESOLVER = "Check that --resolver, if given, names a server that runs."
TRY_AGAIN = "Try again in a minute; a failure of this kind is often a passing one."
OTHER_RESOLVER = (
    "Ask another resolver: mongoping check URI --resolver 1.1.1.1 tells whether that one answers."
)
NODE_RESOLVER = (
    "Where Node or Bun alone fails: some versions ask 127.0.0.1 on Windows, not the system's "
    "resolver. Call dns.setServers(['1.1.1.1']) before connecting, or take another version."
)
IN_A_CONTAINER = (
    "In a container, the engine's own resolver (127.0.0.11) may not pass SRV and TXT on: give the "
    "container another one (docker run --dns 1.1.1.1), or use the standard connection string."
)
