"""The closed sets of words that records use, so that mypy reports a misspelled one."""

from __future__ import annotations

from typing import Literal

FailureKind = Literal[
    # name lookup
    "nxdomain",  # the name does not exist
    "no-data",  # the name exists, without a record of the type that was asked for
    "bad-name",  # the name cannot be looked up: too long, an empty label, invalid characters
    "txt",  # the TXT record of an SRV name is invalid
    "parent-domain",  # an SRV record names a host outside the domain of the SRV name
    "conflict",  # the TXT or SRV records contradict the options of the connection string
    "suffix",  # srvAllowedHostsSuffix is a public suffix
    "servfail",  # the name server answered SERVFAIL
    "no-resolver",  # no name server is configured, or the configuration cannot be read
    "unreachable-resolver",  # nothing listens at the name server's address
    "resolver-failed",  # the lookup failed for another reason
    "not-resolved",  # the operating system did not resolve the name
    "no-address",  # there was no address to connect to
    # sockets; `mongoping.probe.os_errors` says which errors of the system mean what
    "refused",  # the connection was refused, or the name server answered REFUSED
    "timeout",  # no answer in time
    "reset",  # the peer reset the connection
    "eof",  # the peer closed the connection
    "unreachable",  # no route to the address
    "prohibited",  # a rule on this machine forbids the connection
    "denied",  # the permissions of a UNIX socket forbid the connection
    "not-found",  # the path of a UNIX socket does not exist
    "no-local-port",  # limit of this machine: no free local port or address
    "fd-limit",  # limit of this process or machine: no free file descriptor
    "resource-limit",  # limit of this machine: no memory or buffers
    "no-sockets",  # this system does not allow the program to open such a socket
    "os",  # an error of the system that says nothing about the peer or the network
    # TLS
    "certificate",  # the server's certificate failed verification; `code` is OpenSSL's
    "alert",  # the peer sent a TLS alert; `code` is its number
    "tls",  # the handshake failed in another way
    "key-file",  # a certificate or key file of this machine cannot be used
    # MongoDB's protocol and the driver
    "not-mongodb",  # the reply is not MongoDB's protocol
    "command",  # the server answered a command with an error; `code` is the server's
    "not-authenticated",  # the server requires a login, and there was none
    "iterations",  # the server asked for an unreasonable number of SCRAM iterations
    "incompatible",  # the wire versions of server and driver do not overlap
    "selection",  # the driver found no suitable server in time
    "removed",  # discovery ended without any member
    "no-usable-member",  # members answered, and the driver can use none of them
    "configuration",  # the driver refuses the options
    "driver",  # any other error of the driver, mostly of its network connection
    # this program and its environment
    "invalid",  # the connection string is invalid
    "file",  # a file that the connection string names cannot be read
    "import",  # a module could not be imported
    "dependency-missing",  # an optional dependency is not installed
    "place",  # mongoping could not run in a place that --from names
    "unfinished",  # a limit of mongoping ended the check before silence could be judged
    "crashed",  # a bug in mongoping
]
"""Values of `mongoping.model.Failure.kind`."""

NO_ANSWER: frozenset[FailureKind] = frozenset({"timeout", "selection", "driver"})
"""Failures of a driver's operation in which no answer of the server was seen."""

NAME_ABSENT: frozenset[FailureKind] = frozenset({"nxdomain", "no-data"})
"""Answers of a name server that say that there is no such record."""

DiscoveryState = Literal["ready", "removed", "no-usable-member", "unreachable", "timeout"]
"""How the driver's discovery ended; all but ``ready`` are also kinds of failures."""

Role = Literal[
    "primary",
    "secondary",
    "hidden",
    "arbiter",
    "recovering",  # a member that is neither primary nor secondary at the moment
    "uninitialized",  # started as a member, without a configuration
    "standalone",
    "mongos",
    "load-balancer",
    "unknown",  # no reply
]
"""What a server is in its deployment."""

Flavour = Literal["atlas", "self-managed", "cosmosdb", "documentdb", "ferretdb", "unknown"]
SERVICES = {
    "cosmosdb": "Azure Cosmos DB",
    "documentdb": "DocumentDB",  # Amazon's, or PostgreSQL with the extension of that name
    "ferretdb": "FerretDB",
}
"""The names of the services and servers that only imitate MongoDB, by flavour."""
"""The service or product that answers MongoDB's protocol."""

FileState = Literal["readable", "missing", "directory", "pipe", "unreadable", "unusable"]
"""What opening a file for reading would come to."""
