"""Build a deployment that looks like an Atlas cluster to clients, from real servers.

Three members with TLS certificates from a private CA, SCRAM, names under ``mongodb.net``, SRV
and TXT records. Only a name server on loopback resolves these names, so clients need
``--resolver``. As in Atlas, the set's configuration has horizons: members advertise these names
to clients, and their ports on loopback to each other.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from mongoping.sandbox import deployment
from mongoping.sandbox.fault import workshop
from mongoping.sandbox.nameserver import NameServer, cluster

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mongoping.sandbox.deployment import Deployment

DOMAIN = "mongoping-sandbox.mongodb.net"  # Atlas makes such labels of letters and digits alone
SRV = f"cluster0.{DOMAIN}"
SET_NAME = "atlas-sandbx-shard-0"
HOSTS = tuple(f"cluster0-shard-00-{number:02d}.{DOMAIN}" for number in range(3))
TXT = f"authSource=admin&replicaSet={SET_NAME}"
TAGS = {"provider": "AWS", "region": "EU_WEST_1", "nodeType": "ELECTABLE"}


@contextmanager
def atlas_like() -> Iterator[Deployment]:
    """Yield three members as above; `Deployment.args` contains the resolver."""
    from mongoping.sandbox.users import User

    with workshop() as certificates:
        certificate = certificates.server(f"*.{DOMAIN}", "localhost", "127.0.0.1")
        members = [
            {"horizon": f"{name}:{{port}}", "tags": {**TAGS, "availabilityZone": f"euw1-az{n}"}}
            for n, name in enumerate(HOSTS, 1)
        ]
        users = [User("ada", roles=["readWriteAnyDatabase"])]
        with deployment.replica_set(
            members,
            name=SET_NAME,
            users=users,
            tls=deployment.ServerTls(certificate, certificates.authority),
        ) as running:
            places = list(zip(HOSTS, running.ports, strict=True))
            with NameServer(cluster(SRV, places, TXT)) as names:
                hosts = tuple(f"{name}:{port}" for name, port in places)
                yield replace(running, hosts=hosts, srv=SRV, args=names.args)
