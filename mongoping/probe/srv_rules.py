"""The rules of ``mongodb+srv://``: the names to look up, the targets to accept, the TXT options.

Pure: other modules make the queries, with coroutines or blocking calls. Sources: the
Initial DNS Seedlist Discovery specification, and of PyMongo ``srv_resolver``,
``uri_parser._parse_srv``, ``uri_parser_shared._check_options`` and
``auth_shared._build_credentials_tuple``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mongoping.model import NAME_ABSENT, Failure
from mongoping.record import NOTHING, Record
from mongoping.uri.host import Host
from mongoping.uri.rules import EXTERNAL, EXTERNAL_SOURCE_ONLY
from mongoping.uri.target import parse_txt

if TYPE_CHECKING:
    from mongoping.uri.target import Target

NOWHERE = ("", ".")  # RFC 2782: a target that says that the service is not offered


class SeedList(Record):
    """The seeds and options in DNS records. ``failure`` is set if the driver refuses them.

    ``outside`` are the targets that do not share the ``parent`` domain.
    """

    parent: str
    seeds: tuple[Host, ...] = ()
    outside: tuple[str, ...] = ()
    txt: tuple[str, ...] = ()
    txt_options: Mapping[str, Any] = NOTHING
    txt_problem: str | None = None
    failure: Failure | None = None


def query_name(target: Target) -> str:
    """Return the name under which the SRV records of a target are looked up."""
    service = target.options.get("srvServiceName") or "mongodb"
    return f"_{service}._tcp.{target.srv_name or ''}"


def parent_domain(name: str) -> str:
    """Return the domain that every SRV target must be below.

    PyMongo ≥ 4.9: for a name of three labels or more, the name without its first label;
    for shorter names the name itself.
    """
    labels = name.lower().split(".")
    return ".".join(labels[1:] if len(labels) > 2 else labels)


def allowed_domain(target: Target) -> str:
    """Return the domain for the SRV targets; srvAllowedHostsSuffix (PyMongo ≥ 4.18) replaces it."""
    suffix = str(target.options.get("srvAllowedHostsSuffix") or "").strip(".").lower()
    return suffix or parent_domain(target.srv_name or "")


def suffix_failure(target: Target) -> Failure | None:
    """Return why PyMongo refuses srvAllowedHostsSuffix before it asks the DNS, or None.

    PyMongo 4.18 and newer contains the list of public suffixes. Reading it takes about 20 ms, and
    importing PyMongo longer.
    """
    suffix = str(target.options.get("srvAllowedHostsSuffix") or "").strip(".").lower()
    if "." not in suffix:
        return None
    try:
        from pymongo._psl import is_public_suffix
    except ImportError:
        return None
    if not is_public_suffix(suffix):
        return None
    words = f"srvAllowedHostsSuffix={suffix} is a public suffix, below which anyone has a domain"
    return Failure("suffix", words)


def outside(domain: str, names: Sequence[str]) -> tuple[str, ...]:
    """Return the SRV targets that are not below a domain, which PyMongo refuses."""
    return tuple(name for name in names if not name.lower().rstrip(".").endswith(f".{domain}"))


def seed_list(
    target: Target,
    records: Sequence[tuple[str, int]],
    texts: Sequence[bytes],
    txt_failure: Failure | None = None,
) -> SeedList:
    """Return the seeds and options for a target, from its SRV and TXT records.

    ``records`` are the targets and ports of the SRV answer, ``texts`` the joined strings of
    each TXT record. ``txt_failure`` is why there is no TXT answer; a name without such a
    record is not a failure.
    """
    domain = allowed_domain(target)
    targets = [(name, port) for name, port in records if name not in NOWHERE]
    seeds = tuple(Host(name.lower(), port) for name, port in targets)
    outsiders = outside(domain, [name or "." for name, _ in records]) if targets else ()
    options, problem = _txt_options(texts)
    result = SeedList(
        parent=domain,
        seeds=_sample(seeds, int(target.options.get("srvMaxHosts") or 0)),
        outside=outsiders,
        txt=tuple(text.decode("utf-8", "replace") for text in texts),
        txt_options=options,
        txt_problem=problem,
    )
    return result.replace(failure=_failure(target, result, bool(records), txt_failure))


def _sample(seeds: tuple[Host, ...], limit: int) -> tuple[Host, ...]:
    """Return ``limit`` seeds, chosen at random as the specification requires; 0 is no limit."""
    if not 0 < limit < len(seeds):
        return seeds
    import random

    return tuple(random.sample(seeds, limit))


def _txt_options(texts: Sequence[bytes]) -> tuple[Mapping[str, Any], str | None]:
    """Return the options of the TXT record, and why the driver refuses it if it does."""
    if not texts:
        return {}, None
    if len(texts) > 1:
        return {}, f"the name has {len(texts)} TXT records, and only one is allowed"
    try:
        txt = parse_txt(texts[0].decode())
    except UnicodeDecodeError:
        return {}, "the TXT record is not UTF-8 text"
    return ({}, txt) if isinstance(txt, str) else (txt, None)


def _failure(
    target: Target, seeds: SeedList, has_answer: bool, txt_failure: Failure | None
) -> Failure | None:
    """Return why the driver refuses the records, in the order in which it checks them."""
    if not has_answer:
        return Failure("no-data", "the SRV answer holds no record")
    if not seeds.seeds:
        words = "the target of the SRV record is '.': the service is not offered"
        return Failure("no-data", words)
    if seeds.outside:
        return Failure("parent-domain", f"{seeds.outside[0]} is not within {seeds.parent}")
    # a name without a TXT record sets no options
    if txt_failure is not None and txt_failure.kind not in NAME_ABSENT:
        return txt_failure
    if seeds.txt_problem:
        return Failure("txt", seeds.txt_problem)
    return _conflict(target, seeds)


def _conflict(target: Target, seeds: SeedList) -> Failure | None:
    """Return the options that are mutually exclusive once those of the TXT record are merged.

    ``facts``: the options of the connection string and of the TXT record that take part.
    """
    own, options = target.options, {**seeds.txt_options, **target.options}
    limit, is_load_balanced, set_name = (
        options.get(name) for name in ("srvMaxHosts", "loadBalanced", "replicaSet")
    )
    if limit and is_load_balanced:
        return _exclusive(own, options, "srvMaxHosts", "loadBalanced")
    if limit and set_name:
        return _exclusive(own, options, "srvMaxHosts", "replicaSet")
    if is_load_balanced and len(seeds.seeds) > 1:
        words = f"loadBalanced=true allows one host, and the SRV record names {len(seeds.seeds)}"
        return _refused_name(own, words, "loadBalanced")
    if is_load_balanced and set_name:
        return _exclusive(own, options, "loadBalanced", "replicaSet")
    source = options.get("authSource")
    if target.mechanism in EXTERNAL_SOURCE_ONLY and source not in (None, "", EXTERNAL):
        words = f"the TXT record says authSource={source}, and users of {target.mechanism} are "
        return _refused_name(own, f"{words}always in {EXTERNAL}", "authMechanism", "authSource")
    return None


def _exclusive(
    own: Mapping[str, Any], options: Mapping[str, Any], first: str, second: str
) -> Failure:
    options_text = " and ".join(
        f"{name}={str(options[name]).lower() if options[name] is True else options[name]}"
        f" ({'connection string' if name in own else 'TXT record'})"
        for name in (first, second)
    )
    return _refused_name(own, f"{options_text} are mutually exclusive", first, second)


def _refused_name(own: Mapping[str, Any], words: str, *names: str) -> Failure:
    facts = {
        "uri": tuple(name for name in names if name in own),
        "txt": tuple(name for name in names if name not in own),
    }
    return Failure("conflict", words, facts=facts)
