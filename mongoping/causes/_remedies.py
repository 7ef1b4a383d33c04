"""Remedies with the corrected connection string."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mongoping.model import Evidence, Remedy, remedy_of
from mongoping.uri.edit import rewrite, valid

CA_FILE, CLIENT_FILE = "/path/to/ca.pem", "/path/to/client.pem"


def corrected_string(
    evidence: Evidence,
    action: str,
    *,
    hosts: Sequence[str] = (),
    drop: Iterable[str] = (),
    login: str | None = None,
    **options: str | bool | int,
) -> Remedy:
    """Return a remedy with the corrected connection string.

    The string is left out if it would not be valid, or if the hosts to replace come from an SRV
    record.

    Parameters:
        evidence: of the run; its target has the connection string.
        action: the sentence, without its final punctuation.
        hosts: replace those of the string, unless empty.
        drop: names of options to remove.
        login: replaces user and password; "" removes them.
        options: options to set, by name.
    """
    target = evidence.target
    if target is None or (hosts and target.srv):
        return Remedy(f"{action}.")
    put = {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in options.items()
    }
    uri = valid(rewrite(target.uri, hosts=hosts, put=put, drop=tuple(drop), login=login))
    if uri is None or uri == target.uri:
        return Remedy(f"{action}.")
    return Remedy(f"{action}:", uri=uri)


def other_host(evidence: Evidence, action: str, old: str, new: str) -> Remedy:
    """Return a remedy that replaces one host of the connection string, as ``name:port``."""
    target = evidence.target
    hosts = [str(host) for host in target.hosts] if target is not None else []
    if old not in hosts:
        return Remedy(f"{action}: {new}.")
    remedy = corrected_string(
        evidence, action, hosts=[new if host == old else host for host in hosts]
    )
    return remedy if remedy.uri else Remedy(f"{action}: {new}.")


SET_HOST = 'var set = rs.conf(); set.members[0].host = "HOST:PORT"; rs.reconfig(set)'
"""Gives a member another name, in mongosh on the primary."""


def texts(*remedies: Remedy | str) -> tuple[str, ...]:
    """Return the sentences of remedies, as `Match.instead_of` names them."""
    return tuple(remedy_of(remedy).text for remedy in remedies)
