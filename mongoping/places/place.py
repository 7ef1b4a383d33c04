"""A place that ``--from`` names, and the command that runs a shell there. Pure."""

from __future__ import annotations

import ipaddress
import re
from typing import Literal, get_args

from mongoping.record import Record

Kind = Literal["ssh", "docker", "kubectl"]
KINDS: tuple[Kind, ...] = get_args(Kind)
HERE = "here"
FORMS = "ssh:HOST, docker:NAME or kubectl:[NAMESPACE/]POD"
MAX_ADDRESS = 300  # characters; a host name has at most 255
SHELL = "sh"
SSH_OPTIONS = ("-T", "-o", "ClearAllForwardings=yes", "-o", "RemoteCommand=none")
"""Options that undo what a configuration of ssh may have for interactive logins."""

_HOST = re.compile(r"(//)?([\w.%+~-]+@)?[\w.:\[\]%~][\w.:\[\]%~-]*/?")
_PORT = re.compile(r"(?:[^:\[\]]+|[^:\[\]]*\[[^\[\]]*\]):(?P<port>[^:\[\]]*)")
_COLON = re.compile(r"([A-Za-z+]*://|//)?[^:\[\]]*(\[[^\[\]]*\])?:")
_TYPED_PORT = re.compile(r"[0-9]{1,5}/?")
_ASKED_BY_SSH = "use ssh:USER@HOST, and enter a password when ssh asks for it"
_CONTAINER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_OBJECT = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")  # RFC 1123, as Kubernetes requires


class Place(Record):
    """A place to run in.

    Attributes:
        kind: the program that leads there.
        address: what the program calls the place.
    """

    kind: Kind
    address: str

    @property
    def name(self) -> str:
        """Return the place as ``--from`` names it."""
        return f"{self.kind}:{self.address}"

    def command(self, *, asks: bool) -> tuple[str, ...]:
        """Return the command that runs a shell there, which reads its script from a pipe.

        It holds no secret, and no text that a login shell there would interpret. Without
        ``asks``, ssh fails where it would ask for a password.
        """
        if self.kind == "ssh":
            destination = f"ssh:{self.address}" if self.address.startswith("//") else self.address
            batch = () if asks else ("-o", "BatchMode=yes")
            return ("ssh", *SSH_OPTIONS, *batch, "--", destination, SHELL)
        if self.kind == "docker":
            return ("docker", "exec", "-i", self.address, SHELL)
        namespace, pod, container = pod_of(self.address)
        return (
            *("kubectl", "exec", "-i"),
            *(("-n", namespace) if namespace else ()),
            pod,
            *(("-c", container) if container else ()),
            *("--", SHELL),
        )


def shown_place(text: str) -> str:
    """Return a value of ``--from`` as a message quotes it: with ``***`` for a possible password.

    What follows a colon is shown only if it is a port, or part of an IPv6 address.
    """
    kind, mark, address = text.partition(":")
    front, address = (f"{kind}:", address) if mark and kind in KINDS else ("", text)
    if _is_ipv6(address.rpartition("@")[2]):
        return text
    match = _COLON.match(address)
    if match is None or _TYPED_PORT.fullmatch(address, match.end()):
        return text
    return f"{front}{match[0]}***"


def _is_ipv6(text: str) -> bool:
    """Return whether a text is an IPv6 address, which may have a zone."""
    try:
        return ipaddress.ip_address(text.partition("%")[0]).version == 6
    except ValueError:
        return False


def is_place(text: str) -> bool:
    """Return whether a value of ``--from`` names a place, and not a worker of a cluster."""
    return text.partition(":")[0] in KINDS and ":" in text


def parse(text: str) -> Place:
    """Return the place that a value of ``--from`` names. Raises ValueError with a sentence."""
    kind, mark, address = text.partition(":")
    if not mark or kind not in KINDS:
        raise ValueError(f"use {FORMS}")
    if not address:
        raise ValueError(f"the name is missing after {kind}:")
    if len(address) > MAX_ADDRESS:
        raise ValueError("the name is too long")
    place = Place(kind, address)
    if kind == "ssh":
        _require_host(address)
    if kind == "docker" and not _CONTAINER.fullmatch(address):
        raise ValueError("that is not the name of a container")
    if kind == "kubectl":
        pod_of(address)
    return place


def _require_host(address: str) -> None:
    """Raise ValueError with a sentence unless ssh can take an address.

    ssh takes a port only in a URI; without ``//`` it would look up the text as a name. A password
    would be an argument of ssh, and part of a query to a name server.
    """
    user, _, host = address.removeprefix("//").rstrip("/").rpartition("@")
    if ":" in user:
        raise ValueError(_ASKED_BY_SSH)
    if not _HOST.fullmatch(address):
        raise ValueError("that is not the name of a host for ssh")
    if ":" not in host or host.endswith("]") or _is_ipv6(host):
        return
    match, is_uri = _PORT.fullmatch(host), address.startswith("//")
    if match is None or (not is_uri and not match["port"].isdigit()):
        raise ValueError(_ASKED_BY_SSH)
    port = match["port"]
    if not _is_port(port):
        port_text = port if _TYPED_PORT.fullmatch(port) else "what follows the colon"
        raise ValueError(f"{port_text if port else 'an empty text'} is not a port: use 1 to 65535")
    if not is_uri:
        raise ValueError(f"for a port, use the form ssh://HOST:PORT: ssh://{address}")


def _is_port(text: str) -> bool:
    """Return whether a text is the number of a TCP port."""
    return text.isascii() and text.isdigit() and len(text) <= 5 and 1 <= int(text) <= 65535


def pod_of(address: str) -> tuple[str, str, str]:
    """Return the namespace, the pod and the container of an address; both may be empty.

    Raises ValueError with a sentence.
    """
    parts = address.split("/")
    if len(parts) > 3:
        raise ValueError("use kubectl:[NAMESPACE/]POD or kubectl:NAMESPACE/POD/CONTAINER")
    if len(parts) == 1:
        parts = ["", *parts]
    namespace, pod, container = (*parts, "")[:3]
    for what, name in (("namespace", namespace), ("pod", pod), ("container", container)):
        if (name or what == "pod") and not _OBJECT.fullmatch(name):
            raise ValueError(f"{shown_place(name) or 'an empty name'} is not the name of a {what}")
    return namespace, pod, container
