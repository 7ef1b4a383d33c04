"""The credentials of the Atlas API: an API key or a service account. Pure.

The environment variables are those of the Atlas CLI, and for API keys also the older names of
Terraform's provider.
"""

from __future__ import annotations

from collections.abc import Mapping

KEY_VARIABLES = (
    ("MONGODB_ATLAS_PUBLIC_API_KEY", "MONGODB_ATLAS_PRIVATE_API_KEY"),
    ("MONGODB_ATLAS_PUBLIC_KEY", "MONGODB_ATLAS_PRIVATE_KEY"),
)
ACCOUNT_VARIABLES = ("MONGODB_ATLAS_CLIENT_ID", "MONGODB_ATLAS_CLIENT_SECRET")
PROJECT_VARIABLE = "MONGODB_ATLAS_PROJECT_ID"
DEFAULT_URL = "https://cloud.mongodb.com"


class ApiCredentials:
    """A key of the Atlas API. Not a `Record`, so that no report can contain it.

    Attributes:
        kind: ``key`` (HTTP digest) or ``account`` (OAuth 2.0 client credentials).
        name: the public key, or the client ID.
        secret: the private key, or the client secret.
        source: where the credentials come from, for messages.
        project: the ID of the project to search first, or None.
    """

    __slots__ = ("kind", "name", "project", "secret", "source")

    def __init__(
        self, kind: str, name: str, secret: str, source: str, project: str | None = None
    ) -> None:
        self.kind = kind
        self.name = name
        self.secret = secret
        self.source = source
        self.project = project

    def __repr__(self) -> str:
        return f"ApiCredentials({self.kind}, ***)"


class CredentialsError(ValueError):
    """An incomplete pair of credentials; the message is one sentence for the user."""


def from_environment(environment: Mapping[str, str]) -> ApiCredentials | None:
    """Return the credentials in the environment, or None if there are none.

    Raises `CredentialsError` if only one half of a pair is set.
    """
    project = environment.get(PROJECT_VARIABLE, "").strip() or None
    for kind, pair in (("account", ACCOUNT_VARIABLES), *(("key", pair) for pair in KEY_VARIABLES)):
        name, secret = (environment.get(variable, "").strip() for variable in pair)
        if name and secret:
            return ApiCredentials(kind, name, secret, pair[0], project)
        if name or secret:
            present, absent = pair if name else reversed(pair)
            raise CredentialsError(f"{present} is set, but {absent} is not: set both, or neither.")
    return None
