"""Secrets that a configuration file may use only if the user named the file. Pure.

Such a file may be part of a checkout that the user does not trust, as in a pull request.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mongoping.uri.target import Target

AMBIENT = ("GSSAPI", "MONGODB-AWS", "MONGODB-OIDC")
"""Mechanisms whose driver finds the credentials by itself: in the environment, in files of the
user, or at a metadata service."""


def forbidden_keys(values: Mapping[str, Any]) -> str | None:
    """Return the key by which a target would send a secret to an address from the file.

    Only a variable is set by the user; ``uri`` and ``uri-file`` may both come with the file. A
    command is never run: that would execute the checkout's code.
    """
    if "password-command" in values:
        return "password-command"
    secrets = [key for key in ("password-env", "password-file") if key in values]
    return secrets[0] if secrets and "uri-env" not in values else None


def forbidden_login(target: Target) -> str | None:
    """Return a phrase about credentials of this machine that a string would use, or None."""
    if target.mechanism in AMBIENT:
        return f"logs in with the {target.mechanism} credentials of this machine"
    if "tlsCertificateKeyFile" in target.options:
        return "uses a client certificate of this machine"
    return None
