"""Requests over real HTTP and HTTPS to the API that the sandbox plays (simulated)."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from mongoping.atlas_api.client import ApiError, AtlasApi
from mongoping.atlas_api.credentials import ApiCredentials, CredentialsError, from_environment
from mongoping.atlas_api.survey import Survey
from mongoping.observations import AtlasFacts
from mongoping.sandbox import listeners
from mongoping.sandbox.atlas_account import (
    ADDRESS,
    PROJECT,
    Account,
    AccountServer,
    cluster_document,
    failed_login,
    in_days,
    user_document,
)
from mongoping.uri.target import parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mongoping.sandbox.certificates import Certificates

SRV = "cluster0.ab1cd.mongodb.net"
OPENAPI = json.loads((Path(__file__).parent / "openapi.json").read_text())
PATIENCE_S = 20.0


@pytest.fixture
def api() -> Iterator[AccountServer]:
    account = Account(
        clusters=[cluster_document("Cluster0", SRV)],
        entries={ADDRESS: "ACTIVE", "198.51.100.0/24": "ACTIVE"},
        expires={"198.51.100.0/24": in_days(3)},
        users=[user_document("ada", scopes=[{"name": "Cluster0", "type": "CLUSTER"}])],
        history=[failed_login("ada", "storedKey mismatch"), failed_login("grace", "secret reason")],
    )
    with AccountServer(account) as running:
        yield running


def credentials(environment: Mapping[str, str]) -> ApiCredentials:
    api_credentials = from_environment(environment)
    assert api_credentials is not None
    return api_credentials


def survey(
    server: AccountServer, environment: Mapping[str, str], seconds: float = PATIENCE_S
) -> AtlasFacts:
    """Return what a survey of the cluster learns."""
    target = parse(f"mongodb+srv://ada:secret@{SRV}/").target
    assert target is not None

    async def ask() -> AtlasFacts:
        api = AtlasApi(credentials(environment), server.url, seconds)
        survey_of_account = Survey(api, datetime.now(UTC))
        async with api:
            await survey_of_account.run(target)
        return survey_of_account.facts

    return asyncio.run(ask())


@pytest.mark.parametrize("kind", ["key", "service_account"])
def test_both_kinds_of_credentials_read_the_same(api: AccountServer, kind: str) -> None:
    facts = survey(api, getattr(api, kind))
    assert facts.notes == ()
    assert facts.cluster is not None
    assert (facts.cluster.name, facts.cluster.project) == ("Cluster0", "Shop")
    assert (facts.cluster.minimum_tls, facts.cluster.region) == ("TLS1_2", "AWS EU_WEST_1")
    assert facts.address == ADDRESS
    assert facts.access is not None
    assert [(entry.value, entry.status) for entry in facts.access] == [
        (ADDRESS, "ACTIVE"),
        ("198.51.100.0/24", None),  # not asked for, because it does not cover this machine
    ]
    assert facts.users is not None
    assert [user.clusters for user in facts.users] == [("Cluster0",)]
    assert [login.reason for login in facts.failed_logins] == ["storedKey mismatch"]


def test_a_token_is_requested_once(api: AccountServer) -> None:
    survey(api, api.service_account)
    assert [request for request in api.requests if request[0] == "POST"] == [
        ("POST", "/api/oauth/token")
    ]


def test_only_data_that_decides_causes_is_requested(api: AccountServer) -> None:
    survey(api, api.key)
    inside = f"/api/atlas/v2/groups/{PROJECT}"
    page = "?itemsPerPage=500&pageNum=1"
    assert sorted(path for _, path in api.requests) == sorted(
        [
            "/api/private/ipinfo",
            f"/api/atlas/v2/groups{page}",
            f"/api/atlas/v2/clusters{page}",
            f"{inside}/clusters{page}",
            f"{inside}/flexClusters{page}",
            f"{inside}/accessList{page}",
            f"{inside}/accessList/{ADDRESS}/status",
            f"{inside}/databaseUsers/admin/ada",
            f"{inside}/databaseUsers/%24external/ada",
            f"{inside}/dbAccessHistory/clusters/Cluster0?authResult=false&nLogs=100",
        ]
    )


@pytest.mark.parametrize(
    ("pattern", "status", "body", "expected"),
    [
        ("accessList$", 403, b'{"errorCode": "IP_ADDRESS_NOT_ON_ACCESS_LIST"}', "HTTP 403"),
        ("accessList$", 429, b"{}", "too many requests"),
        ("accessList$", 500, b"<html>oops</html>", "HTTP 500"),
        ("accessList$", 200, b"[1, 2]", "not a JSON document"),
        ("accessList$", 200, b"{}", "no list of results"),
        ("accessList$", 302, b"", "HTTP 302"),
        ("accessList$", 200, b'{"results": "' + b"x" * 5_000_000 + b'"}', "larger than 4 MB"),
        ("databaseUsers", 403, b"{}", "Project Read Only"),
        ("dbAccessHistory", 500, b"", "the access history"),
    ],
)
def test_what_cannot_be_read_becomes_a_note_and_the_rest_stays(
    api: AccountServer, pattern: str, status: int, body: bytes, expected: str
) -> None:
    api.account.broken = {pattern: (status, body)}
    facts = survey(api, api.key)
    assert facts.cluster is not None
    assert any(expected in note for note in facts.notes), facts.notes
    has_part = (facts.access is not None, facts.users is not None, bool(facts.failed_logins))
    assert sum(has_part) == 2


def test_a_wrong_key_is_a_note_without_the_key(api: AccountServer) -> None:
    wrong = {**api.key, "MONGODB_ATLAS_PRIVATE_API_KEY": "wrong-private-key"}
    facts = survey(api, wrong)
    assert facts.cluster is None
    assert not facts.complete
    assert facts.notes
    assert all("HTTP 401" in note and "wrong-private-key" not in note for note in facts.notes)


def test_a_secret_that_the_api_repeats_is_hidden(api: AccountServer) -> None:
    body = json.dumps({"errorCode": "X", "detail": f"key {api.private} is odd"}).encode()
    api.account.broken = {"accessList$": (418, body)}
    (note,) = survey(api, api.key).notes
    assert api.private not in note
    assert "key *** is odd" in note


def test_an_api_that_is_down_is_a_note(api: AccountServer) -> None:
    url = f"http://127.0.0.1:{listeners.Listener(listeners.close).address.rpartition(':')[2]}"

    async def ask() -> dict[str, Any]:
        async with AtlasApi(credentials(api.key), url, PATIENCE_S) as down:
            return await down.get("groups")

    with pytest.raises(ApiError, match="the projects: "):
        asyncio.run(ask())


def test_a_name_that_does_not_resolve_is_a_sentence(
    api: AccountServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def ask() -> dict[str, Any]:
        async with AtlasApi(credentials(api.key), "http://api.invalid", PATIENCE_S) as client:
            return await client.get("groups")

    with pytest.raises(ApiError, match=r"name of the host of the API cannot be resolved \([^\[]*$"):
        asyncio.run(ask())
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.invalid:3128")
    with pytest.raises(ApiError, match="of the API, or of the proxy, cannot be resolved"):
        asyncio.run(ask())


def test_https_is_verified(
    api: AccountServer, certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = listeners.server_context(certificates.server("127.0.0.1"))
    with AccountServer(api.account, context) as secure:
        facts = survey(secure, secure.key)
        assert "certificate verify failed" in facts.notes[0]
        monkeypatch.setenv("SSL_CERT_FILE", str(certificates.authority))
        assert survey(secure, secure.key).cluster is not None


def test_the_proxy_of_the_environment_is_used(
    api: AccountServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests: list[bytes] = []

    def proxy(client: socket.socket, closing: threading.Event) -> None:
        requests.append(client.recv(200))
        client.sendall(b"HTTP/1.1 502 No\r\nContent-Length: 0\r\n\r\n")

    with listeners.Listener(proxy) as running:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{running.port}")

        async def ask() -> dict[str, Any]:
            url = "https://api.example.test"
            async with AtlasApi(credentials(api.key), url, PATIENCE_S) as behind:
                return await behind.get("groups")

        with pytest.raises(ApiError, match="502"):
            asyncio.run(ask())
    assert requests[0].startswith(b"CONNECT api.example.test:443 HTTP/1.1")
    assert api.private.encode() not in requests[0]


def test_every_reply_of_the_played_api_fits_the_schema(api: AccountServer) -> None:
    """The sandbox must not play an API that Atlas does not have."""
    api.account.flex_clusters = [
        {
            "name": "Flex0",
            "groupId": PROJECT,
            "stateName": "IDLE",
            "mongoDBVersion": "8.0.12",
            "connectionStrings": {"standardSrv": "mongodb+srv://flex0.ab1cd.mongodb.net"},
            "providerSettings": {"backingProviderName": "AWS", "regionName": "EU_WEST_1"},
        }
    ]
    parts = {
        "groupId": PROJECT,
        "entryValue": ADDRESS,
        "databaseName": "admin",
        "username": "ada",
        "clusterName": "Cluster0",
    }
    operations_count = 0
    for path, operations in OPENAPI["paths"].items():
        if "get" not in operations:
            continue
        status, document = api.reply(path.format(**parts), {})
        (content,) = operations["get"]["responses"]["200"]["content"].values()
        assert status == 200, path
        jsonschema.validate(document, {**content["schema"], "components": OPENAPI["components"]})
        operations_count += 1
    assert operations_count == 8


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, None),
        ({"MONGODB_ATLAS_PUBLIC_API_KEY": "a", "MONGODB_ATLAS_PRIVATE_API_KEY": "b"}, "key"),
        ({"MONGODB_ATLAS_PUBLIC_KEY": "a", "MONGODB_ATLAS_PRIVATE_KEY": "b"}, "key"),
        ({"MONGODB_ATLAS_CLIENT_ID": "a", "MONGODB_ATLAS_CLIENT_SECRET": "b"}, "account"),
    ],
)
def test_the_environment_names_the_kind(environment: dict[str, str], expected: str | None) -> None:
    api_credentials = from_environment(environment)
    assert (api_credentials and api_credentials.kind) == expected


def test_half_a_pair_is_an_error_without_the_value() -> None:
    with pytest.raises(CredentialsError) as error:
        from_environment({"MONGODB_ATLAS_PRIVATE_API_KEY": "top-secret"})
    assert "MONGODB_ATLAS_PUBLIC_API_KEY" in str(error.value)
    assert "top-secret" not in str(error.value)


def test_credentials_have_no_repr_of_secrets() -> None:
    assert "top-secret" not in repr(ApiCredentials("key", "public", "top-secret", "here"))
