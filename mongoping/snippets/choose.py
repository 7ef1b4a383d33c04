"""Choose the snippet for a deployment, and the command line that prints it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mongoping.record import Record
from mongoping.snippets.choices import Choices
from mongoping.snippets.record import normalize_name
from mongoping.snippets.store import all_snippets
from mongoping.uri.hosts import is_atlas, is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mongoping.snippets.record import Snippet
    from mongoping.uri.target import Target

_EXTERNAL = {"MONGODB-X509": "X.509", "MONGODB-AWS": "AWS", "MONGODB-OIDC": "OIDC"}


class Facts(Record):
    """Facts from a report that the connection string lacks; None means unknown.

    Attributes:
        stable_api: The server requires clients to declare an API version.
        ca_file: The file of the CA that the server's certificate was verified with.
        auth_source: The authentication database that worked, as did ``mechanism``.
    """

    stable_api: bool | None = None
    ca_file: str | None = None
    certificate_key_file: str | None = None
    auth_source: str | None = None
    mechanism: str | None = None
    local: bool | None = None


NOTHING_SEEN = Facts()


class Lead(Record):
    """A snippet suggested by a report.

    ``fill(lead.snippet, lead.choices)`` returns the program; ``command`` prints it.
    """

    snippet: Snippet
    choices: Choices
    command: str

    @property
    def name(self) -> str:
        """Return the name of the snippet."""
        return self.snippet.name

    @property
    def title(self) -> str:
        """Return the title of the snippet."""
        return self.snippet.title


def for_report(target: Target, facts: Facts = NOTHING_SEEN, language: str = "Python") -> Lead:
    """Return the best snippet for a deployment that was examined; for Python, of PyMongo Async.

    The snippet declares the Stable API only if the server requires it. The command line has
    paths and names, but not the connection string, which the program reads from its environment.
    """
    stable = bool(facts.stable_api)
    complete_facts = Facts(
        stable_api=stable,
        ca_file=facts.ca_file or _option(target, "tlsCAFile"),
        certificate_key_file=facts.certificate_key_file or _option(target, "tlsCertificateKeyFile"),
        auth_source=facts.auth_source,
        mechanism=facts.mechanism or target.mechanism,
        local=facts.local,
    )
    snippet = choose(target, complete_facts, language=language)
    is_implied = target.auth_source == facts.auth_source or snippet.auth in _EXTERNAL.values()
    choices = Choices(
        stable_api=stable,
        ca_file=complete_facts.ca_file,
        certificate_key_file=complete_facts.certificate_key_file,
        auth_source=None if is_implied else facts.auth_source,
    )
    return Lead(snippet, choices, _command(snippet, choices))


def choose(
    target: Target,
    facts: Facts = NOTHING_SEEN,
    *,
    language: str = "Python",
    driver: str | None = None,
) -> Snippet:
    """Return the snippet that fits the deployment best; never a deprecated one.

    The default ``driver`` for Python is PyMongo Async. Raises `LookupError` if there is no
    snippet in that language or for that driver.
    """
    if driver is None and normalize_name(language) == "python":
        driver = "PyMongo Async"
    candidates = [
        snippet
        for snippet in all_snippets()
        if snippet.deprecated is None
        and normalize_name(snippet.language) == normalize_name(language)
        and (driver is None or normalize_name(snippet.driver) == normalize_name(driver))
    ]
    for criterion in _criteria(target, facts):
        for snippet in candidates:
            if criterion(snippet):
                return snippet
    raise LookupError(f"no snippet in {language}" + (f" for {driver}" if driver else ""))


def with_files(snippet: Snippet, choices: Choices, target: Target | None) -> Choices:
    """Add the files in the connection string to the choices if the snippet needs them.

    A program that takes a file from its own variable ignores the one in the string.
    """
    if target is None:
        return choices
    ca_file, key_file = choices.ca_file, choices.certificate_key_file
    if ca_file is None and _reads_ca_file(snippet):
        ca_file = _option(target, "tlsCAFile")
    if key_file is None and "MONGODB_CERTIFICATE_KEY_FILE" in snippet.text:
        key_file = _option(target, "tlsCertificateKeyFile")
    return choices.replace(ca_file=ca_file, certificate_key_file=key_file)


def _criteria(target: Target, facts: Facts) -> Sequence[Callable[[Snippet], bool]]:
    """Return the criteria for a snippet, the most specific first."""
    auth = _EXTERNAL.get(facts.mechanism or target.mechanism or "")
    own_ca = facts.ca_file or _option(target, "tlsCAFile")
    local = all(map(is_loopback, target.hosts)) if facts.local is None else facts.local
    login = target.username is not None or facts.mechanism is not None
    named_atlas = is_atlas(target.srv_name or "")
    stable = named_atlas if facts.stable_api is None else facts.stable_api
    return (
        lambda row: auth is not None and row.auth == auth,
        lambda row: own_ca is not None and _self_managed(row) and _reads_ca_file(row),
        lambda row: local and not login and row.deployment == "local",
        lambda row: not named_atlas and _self_managed(row) and not _reads_ca_file(row),
        lambda row: _for_atlas(row) and row.stable_api == stable,
        _for_atlas,
    )


def _reads_ca_file(snippet: Snippet) -> bool:
    return "MONGODB_CA_FILE" in snippet.text


def _for_atlas(snippet: Snippet) -> bool:
    return snippet.deployment == "Atlas" and snippet.auth == "SCRAM"


def _self_managed(snippet: Snippet) -> bool:
    return snippet.deployment == "self-managed" and snippet.auth == "SCRAM"


def _option(target: Target, name: str) -> str | None:
    value = target.options.get(name)
    return None if value is None else str(value)


def _command(snippet: Snippet, choices: Choices) -> str:
    from mongoping.shell import join

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
    return join(words)
