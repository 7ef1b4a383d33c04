"""Which snippet is for exactly this deployment, and the command line that prints it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mongoping.record import Record
from mongoping.snippets.choices import Choices
from mongoping.snippets.record import folded
from mongoping.snippets.store import every

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mongoping.snippets.record import Snippet
    from mongoping.uri.host import Host
    from mongoping.uri.target import Target

ATLAS = ".mongodb.net"  # every Atlas cluster is named under it
_EXTERNAL = {"MONGODB-X509": "X.509", "MONGODB-AWS": "AWS", "MONGODB-OIDC": "OIDC"}


class Facts(Record):
    """What a report has seen and the connection string does not say. None: nothing seen.

    ``stable_api`` is True only where the server was seen to enforce it. ``auth_source`` and
    ``mechanism`` are those that worked, ``ca_file`` the authority that was trusted.
    """

    stable_api: bool | None = None
    ca_file: str | None = None
    certificate_key_file: str | None = None
    auth_source: str | None = None
    mechanism: str | None = None
    local: bool | None = None


NOTHING_SEEN = Facts()


class Lead(Record):
    """The way from a report to a program.

    ``fill(lead.snippet, lead.choices)`` is the program, ``command`` the line that prints it.
    """

    snippet: Snippet
    choices: Choices
    command: str

    @property
    def name(self) -> str:
        """The name of the snippet."""
        return self.snippet.name

    @property
    def title(self) -> str:
        """What the snippet does."""
        return self.snippet.title


def for_report(target: Target, facts: Facts = NOTHING_SEEN) -> Lead:
    """The best snippet of PyMongo Async for a deployment that was looked at.

    The Stable API is declared only where the server enforces it. The command line holds
    paths and names, never the connection string: the program reads that from its
    environment.
    """
    stable = bool(facts.stable_api)
    seen = Facts(
        stable_api=stable,
        ca_file=facts.ca_file or _option(target, "tlsCAFile"),
        certificate_key_file=facts.certificate_key_file or _option(target, "tlsCertificateKeyFile"),
        auth_source=facts.auth_source,
        mechanism=facts.mechanism or target.mechanism,
        local=facts.local,
    )
    snippet = choose(target, seen)
    said = target.auth_source == facts.auth_source or snippet.auth in _EXTERNAL.values()
    choices = Choices(
        stable_api=stable,
        ca_file=seen.ca_file,
        certificate_key_file=seen.certificate_key_file,
        auth_source=None if said else facts.auth_source,
    )
    return Lead(snippet, choices, _command(snippet, choices))


def choose(
    target: Target,
    facts: Facts = NOTHING_SEEN,
    *,
    language: str = "Python",
    driver: str | None = None,
) -> Snippet:
    """The snippet of a language that fits the deployment best; never a deprecated one.

    Without ``driver`` it is PyMongo Async for Python. Raises `LookupError` where the
    collection has nothing in that language or for that driver.
    """
    if driver is None and folded(language) == "python":
        driver = "PyMongo Async"
    candidates = [
        entry
        for entry in every()
        if entry.deprecated is None
        and folded(entry.language) == folded(language)
        and (driver is None or folded(entry.driver) == folded(driver))
    ]
    for test in _tests(target, facts):
        for candidate in candidates:
            if test(candidate):
                return candidate
    raise LookupError(f"no snippet in {language}" + (f" for {driver}" if driver else ""))


def with_files(snippet: Snippet, choices: Choices, target: Target | None) -> Choices:
    """Choices with the files of the connection string where the snippet asks for files.

    A program that names a file by a variable of its own would not look into the string.
    """
    if target is None:
        return choices
    ca_file, key_file = choices.ca_file, choices.certificate_key_file
    if ca_file is None and "MONGODB_CA_FILE" in snippet.text:
        ca_file = _option(target, "tlsCAFile")
    if key_file is None and "MONGODB_CERTIFICATE_KEY_FILE" in snippet.text:
        key_file = _option(target, "tlsCertificateKeyFile")
    return choices.replace(ca_file=ca_file, certificate_key_file=key_file)


def _tests(target: Target, facts: Facts) -> Sequence[Callable[[Snippet], bool]]:
    """What a snippet has to be, the most specific first."""
    auth = _EXTERNAL.get(facts.mechanism or target.mechanism or "")
    own_authority = facts.ca_file or _option(target, "tlsCAFile")
    local = all(map(_is_local, target.hosts)) if facts.local is None else facts.local
    named_atlas = target.srv and (target.srv_name or "").lower().rstrip(".").endswith(ATLAS)
    stable = named_atlas if facts.stable_api is None else facts.stable_api
    return (
        lambda one: auth is not None and one.auth == auth,
        lambda one: own_authority is not None and _own(one) and "MONGODB_CA_FILE" in one.text,
        lambda one: local and one.deployment == "local",
        lambda one: not named_atlas and _own(one) and "MONGODB_CA_FILE" not in one.text,
        lambda one: one.deployment == "Atlas" and one.auth == "SCRAM" and one.stable_api == stable,
        lambda one: one.deployment == "Atlas" and one.auth == "SCRAM",
    )


def _own(one: Snippet) -> bool:
    return one.deployment == "self-managed" and one.auth == "SCRAM"


def _is_local(host: Host) -> bool:
    name = host.name.lower()
    return host.is_socket or name in ("localhost", "::1") or name.startswith("127.")


def _option(target: Target, name: str) -> str | None:
    value = target.options.get(name)
    return None if value is None else str(value)


def _command(snippet: Snippet, choices: Choices) -> str:
    import shlex

    words = ["mongoping", "snippet", "emit", snippet.name]
    if choices.stable_api is not None and choices.stable_api != snippet.stable_api:
        words.append("--stable-api" if choices.stable_api else "--no-stable-api")
    for flag, value in (
        ("--tls-ca-file", choices.ca_file),
        ("--tls-certificate-key-file", choices.certificate_key_file),
        ("--auth-source", choices.auth_source),
    ):
        if value is not None:
            words += [flag, value]
    return shlex.join(words)
