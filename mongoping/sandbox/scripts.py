"""Scripts for `mongoping.sandbox.played`: who is played, one function each.

The fields by which a look-alike is known are those that MongoDB's own tools look for.
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mongoping.sandbox.played import Body, Wire, error, standalone
from mongoping.sandbox.played import hello as greeting_of

if TYPE_CHECKING:
    from mongoping.sandbox.played import Answering, Document, Reply, Script


def too_old() -> Script:
    """Simulate MongoDB 3.6, which current drivers do not support (maxWireVersion 6)."""
    return standalone(maxWireVersion=6) | {"buildInfo": {"version": "3.6.23", "ok": 1.0}}


def end_of_life() -> Script:
    """Simulate MongoDB 4.2 by its wire version (8)."""
    return standalone(maxWireVersion=8) | {"buildInfo": {"version": "4.2.25", "ok": 1.0}}


def too_new() -> Script:
    """Play a future server that supports no driver of today."""
    return standalone(minWireVersion=99, maxWireVersion=120)


def mongos() -> Script:
    """Play a router (mongos) of a sharded cluster."""
    return standalone(msg="isdbgrid")


def load_balancer() -> Script:
    """Play a mongos behind a load balancer, which sends a serviceId to clients that request it."""
    import bson

    plain, behind_balancer = (
        standalone(msg="isdbgrid"),
        standalone(msg="isdbgrid", serviceId=bson.ObjectId("6650f0a1b2c3d4e5f6a7b8c9")),
    )

    def answer(command: Document, address: str) -> Reply:
        script = behind_balancer if command.get("loadBalanced") else plain
        reply = script["hello"]
        return reply(command, address) if callable(reply) else reply

    return {**plain, "hello": answer}


def member(**fields: Any) -> Script:
    """Play the primary of a one-member set that advertises its own address."""
    return standalone(
        **{"setName": "rs0", "setVersion": 1, "hosts": ["{me}"], "me": "{me}", "primary": "{me}"}
        | {"secondary": False, **fields}
    )


def secondary_without_primary(*others: str) -> Script:
    """Play a secondary of a set without a primary."""
    return member(isWritablePrimary=False, secondary=True, primary=None, hosts=["{me}", *others])


def starting() -> Script:
    """Play a member that is recovering: neither primary nor secondary."""
    return member(isWritablePrimary=False, primary=None)


def cosmos() -> Script:
    """Simulate Azure Cosmos DB for MongoDB (request units)."""
    return member(setName="globaldb", _t="IsMasterResponse", tags={"region": "West Europe"}) | {
        "buildInfo": {"version": "4.2.0", "_t": "BuildInfoResponse", "ok": 1.0}
    }


def documentdb() -> Script:
    """Play a server built on the documentdb extension of PostgreSQL."""
    return standalone(internal={"documentdb_versions": ["0.102-0"]}) | {
        "getParameter": error(2, "documentdb_api: no option found to get", "BadValue")
    }


def ferretdb() -> Script:
    """Simulate FerretDB, recognized by a field of its buildInfo."""
    return standalone() | {
        "buildInfo": {"version": "7.0.77", "ferretdb": {"version": "v2.1.0"}, "ok": 1.0}
    }


def secantus() -> Script:
    """Simulate SecantusDB 0.7.0b3, which lists mechanisms for every user."""
    build: Document = {"version": "8.2.11", "gitVersion": "0" * 40, "versionArray": [8, 2, 11, 0]}
    own = {"bits": 64, "debug": False, "secantusVersion": "0.7.0b3", "ok": 1.0}
    refusal = error(18, "Authentication failed.", "AuthenticationFailed")
    return costly_login("15000") | {
        "hello": greeting_of(maxWireVersion=27, saslSupportedMechs=["SCRAM-SHA-256"]),
        "buildInfo": {**build, **own},
        "saslContinue": refusal,
    }


def nx_27017() -> Script:
    """Simulate NX-27017 0.8.1, whose buildInfo is a serverStatus."""
    build = {"version": "7.0.0", "process": "nx_27017", "connections": {"current": 2}, "ok": 1}
    return standalone(minWireVersion=17, maxWireVersion=25) | {"buildInfo": build}


def atlas_bad_auth() -> Script:
    """Simulate Atlas's reply to a failed login (8000), for any user."""
    refusal = error(8000, "bad auth : Authentication failed.", "AtlasError")
    return standalone(msg="isdbgrid") | {"saslStart": refusal, "saslContinue": refusal}


def failing(command: str, code: int, message: str, name: str = "") -> Script:
    """Play a healthy server that refuses one command."""
    return standalone() | {command: error(code, message, name)}


def api_required() -> Script:
    """Play a server that refuses every command without apiVersion, even hello (498870)."""
    healthy = standalone()
    text = "The apiVersion parameter is required, please configure your MongoClient's API version"

    def requires_api(name: str) -> Answering:
        def answer(command: Document, address: str) -> Reply:
            if "apiVersion" not in command:
                return error(498870, text)
            reply = healthy[name]
            return reply(command, address) if callable(reply) else reply

        return answer

    return {name: requires_api(name) for name in healthy}


def no_stable_api() -> Script:
    """Play a server that rejects apiVersion as unknown, as some look-alikes do."""
    healthy = standalone(maxWireVersion=9)
    refusal = error(40415, "BSON field 'ping.apiVersion' is an unknown field.", "Location40415")

    def ping(command: Document, address: str) -> Reply:
        return refusal if "apiVersion" in command else {"ok": 1.0}

    return healthy | {"ping": ping}


def mute(command: str) -> Script:
    """Play a healthy server that never answers one command."""
    return standalone() | {command: Wire(b"")}


def dropping(command: str, every: int) -> Script:
    """Play a healthy server that closes the connection on every n-th call of one command."""
    calls = itertools.count(1)

    def answer(document: Document, address: str) -> Reply:
        return None if next(calls) % every == 0 else {"ok": 1.0}

    return standalone() | {command: answer}


# What follows means harm.


def megabytes_of_hosts(count: int = 2_000, length: int = 1_000) -> Script:
    """Play a hello with many or very long host names.

    A driver opens a monitor for each of them: PyMongo's synchronous one takes a machine down
    with a hundred thousand.
    """
    return member(hosts=["{me}", *(f"{number:x}".rjust(length, "h") for number in range(count))])


MARKUP = "[bold red]rs0[/] [link=file:///etc/passwd]x[/link] <script>alert(1)</script>"
CONTROL = "rs\x1b[2J\x1b]0;owned\x07\r\n\u202e0\u2028\x00end"


def hostile_names(text: str = CONTROL) -> Script:
    """Play a hello whose texts contain control characters or markup."""
    return member(setName=text, me=text, hosts=["{me}", text], msg=text, tags={"dc": text})


def deeply_nested(levels: int = 5_000) -> Script:
    """Play a hello with documents nested deeper than any parser's stack."""
    body = b"\x05\x00\x00\x00\x00"
    for _ in range(levels):
        body = struct.pack("<i", len(body) + 8) + b"\x03a\x00" + body + b"\x00"
    return standalone() | {"hello": Body(body)}


def wrong_lengths(length: int = 7) -> Script:
    """Play a hello whose header states a wrong message length."""
    return standalone() | {"hello": Wire(struct.pack("<iiii", length, 1, 1, 2013) + bytes(64))}


def broken_document() -> Script:
    """Play a hello with a string longer than the document."""
    value = b"\x02setName\x00" + struct.pack("<i", 4_000) + b"rs0\x00"
    return standalone() | {"hello": Body(struct.pack("<i", len(value) + 5) + value + b"\x00")}


def wrong_types() -> Script:
    """Play a hello whose fields have unexpected types."""
    return standalone(
        setName=7, hosts="not a list", me=["x"], maxWireVersion="seventeen", tags=3, ok="yes"
    )


def costly_login(iterations: str = "2147483647", *, speculative: bool = True) -> Script:
    """Simulate a server whose SCRAM iteration count costs a client minutes.

    ``speculative`` says it in its reply to hello already, as servers since 4.4 do; otherwise
    only in reply to saslStart.
    """
    hello = greeting_of(saslSupportedMechs=["SCRAM-SHA-256"])

    def first(start: Document) -> Document:
        message = bytes(start["payload"]).decode()
        nonce = message.rpartition("r=")[2]
        text = f"r={nonce}server,s=c2FsdHNhbHRzYWx0c2FsdA==,i={iterations}"
        return {"conversationId": 1, "done": False, "payload": text.encode(), "ok": 1.0}

    def greeting(command: Document, address: str) -> Reply:
        reply = hello(command, address)
        start = command.get("speculativeAuthenticate")
        if not speculative or start is None or not isinstance(reply, Mapping):
            return reply
        return {**reply, "speculativeAuthenticate": first(start)}

    return standalone() | {
        "hello": greeting,
        "saslStart": lambda command, address: first(command),
        "saslContinue": error(18, "Authentication failed.", "AuthenticationFailed"),
    }
