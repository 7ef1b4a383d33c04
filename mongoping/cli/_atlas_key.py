"""Find the key of the Atlas API: in the environment, else in the configuration by reference."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from mongoping.atlas_api.credentials import (
    DEFAULT_URL,
    ApiCredentials,
    CredentialsError,
    from_environment,
)
from mongoping.uri.hosts import is_loopback

if TYPE_CHECKING:
    from mongoping.smoke.config import Config

FORMS = (  # the kind, the key of the name, and the keys that refer to the secret
    ("key", "public-key", ("private-key-env", "private-key-file")),
    ("account", "client-id", ("client-secret-env", "client-secret-file")),
)


def find(config: str | None) -> ApiCredentials | None:
    """Return the key of the Atlas API, or None if there is none.

    Args:
        config: the path given with ``--config``, or None.

    Raises `click.UsageError` for half a pair, or a reference that leads nowhere.
    """
    try:
        key = from_environment(os.environ)
    except CredentialsError as error:
        raise click.UsageError(str(error)) from None
    if key is not None:
        return key
    for file, is_trusted in _files(config):
        if file.atlas:
            return _from_table(file, is_trusted=is_trusted)
    return None


def _files(config: str | None) -> list[tuple[Config, bool]]:
    """Return the configuration files, the nearest first, and whether each is trusted."""
    from mongoping.cli._config import project_file
    from mongoping.smoke.references import user_path

    rows: list[tuple[Config, bool]] = []
    project = project_file(config)
    if project is not None:
        rows.append((project, config is not None))
    own = user_path()
    if own.is_file() and (users := project_file(str(own))) is not None:
        rows.append((users, True))
    return rows


def _from_table(file: Config, *, is_trusted: bool) -> ApiCredentials:
    table = file.atlas
    for kind, name_key, secret_keys in FORMS:
        secrets = [key for key in secret_keys if key in table]
        if name_key not in table and not secrets:
            continue
        if name_key not in table or len(secrets) != 1:
            raise click.UsageError(
                f"{file.path}: [atlas] needs {name_key} and one of {' and '.join(secret_keys)}."
            )
        secret = _secret(file, table, secrets[0], is_trusted=is_trusted)
        return ApiCredentials(kind, table[name_key], secret, file.path, table.get("project"))
    raise click.UsageError(
        f"{file.path}: [atlas] names no key: add public-key and private-key-env, or client-id and "
        "client-secret-env."
    )


def _secret(file: Config, table: Mapping[str, str], key: str, *, is_trusted: bool) -> str:
    from mongoping.cli._input import read_file

    value = table[key]
    if key.endswith("-file"):
        if not is_trusted:
            raise click.UsageError(
                f"{file.path}: {key} is allowed only in a file given with --config, because this "
                "one was found in the current folder; use a variable instead."
            )
        return read_file(value, "key of the Atlas API").strip()
    secret = os.environ.get(value, "").strip()
    if not secret:
        raise click.UsageError(
            f"{file.path}: the environment variable {value} ({key} in [atlas]) is not set or "
            "empty; set it, or name another one."
        )
    return secret


def api_url(url: str | None) -> str:
    """Return the address of the API. Raises `click.UsageError` for one that would expose the key.

    Without TLS, only this machine may be asked.
    """
    if url is None:
        return DEFAULT_URL
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        parts, host = urlsplit(""), ""
    if parts.scheme not in ("https", "http") or not host or parts.username or parts.query:
        raise click.UsageError(
            f"--atlas-api-url must be like {DEFAULT_URL}, without a login and without options."
        )
    if parts.scheme == "http" and not is_loopback(host):
        raise click.UsageError(
            "--atlas-api-url must begin with https://, because the key would be sent without "
            "encryption."
        )
    return url
