"""The table of options is the driver's own, with words for people."""

from __future__ import annotations

import pytest
from pymongo import common, uri_parser_shared

from mongoping.uri.options import CHOICES, OPTIONS, REPLACEMENTS, advice, find

DRIVER = set(common.URI_OPTIONS_VALIDATOR_MAP)


def test_every_option_of_the_driver_is_known_and_no_other() -> None:
    """By the driver's lower-case names; ``ssl`` is kept as another name of ``tls``."""
    newer = {option.name.lower() for option in OPTIONS if option.since} - DRIVER
    assert {option.name.lower() for option in OPTIONS} | {"ssl"} == DRIVER | newer


def test_names_are_spelt_as_documented() -> None:
    """Names are spelled as in the driver's list."""
    spellings = {name.lower(): name for name in uri_parser_shared.URI_OPTIONS}
    spellings["appname"] = "appName"  # the specification's spelling
    for option in OPTIONS:
        assert spellings.get(option.name.lower(), option.name) == option.name


def test_choices_are_the_drivers() -> None:
    from pymongo.auth_shared import MECHANISMS
    from pymongo.compression_support import _SUPPORTED_COMPRESSORS
    from pymongo.read_preferences import _MONGOS_MODES

    assert set(CHOICES["authMechanism"]) == MECHANISMS
    assert CHOICES["readPreference"] == _MONGOS_MODES
    assert set(CHOICES["compressors"]) == _SUPPORTED_COMPRESSORS
    assert set(CHOICES["uuidRepresentation"]) == set(common._UUID_REPRESENTATIONS)
    assert set(CHOICES) == {option.name for option in OPTIONS if option.kind in ("choice", "list")}


def test_defaults_are_the_drivers() -> None:
    """Those that the driver states as numbers."""
    defaults = {option.name: option.default for option in OPTIONS}
    assert defaults["maxPoolSize"] == str(common.MAX_POOL_SIZE)
    assert defaults["minPoolSize"] == str(common.MIN_POOL_SIZE)
    assert defaults["maxConnecting"] == str(common.MAX_CONNECTING)
    assert defaults["connectTimeoutMS"] == f"{common.CONNECT_TIMEOUT * 1000:.0f}"
    assert defaults["serverSelectionTimeoutMS"] == str(common.SERVER_SELECTION_TIMEOUT * 1000)
    assert defaults["heartbeatFrequencyMS"] == str(common.HEARTBEAT_FREQUENCY * 1000)
    assert defaults["localThresholdMS"] == str(common.LOCAL_THRESHOLD_MS)
    assert defaults["srvServiceName"] == common.SRV_SERVICE_NAME
    assert defaults["serverMonitoringMode"] == common.SERVER_MONITORING_MODE


def test_meanings_are_sentences() -> None:
    for option in OPTIONS:
        assert option.meaning[0].isupper(), option.name
        assert option.meaning.endswith("."), option.name
        assert option.default, option.name


def test_what_was_replaced_is_unknown_and_what_replaces_it_is_not() -> None:
    for old, (new, why) in REPLACEMENTS.items():
        assert old == old.lower()
        assert find(old) is None, old
        assert new is None or (find(new) is not None and find(new).name == new)  # type: ignore[union-attr]
        assert why


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("ssl_ca_certs", "tlsCAFile"),
        ("SSL_CERTFILE", "tlsCertificateKeyFile"),
        ("retryWrite", "did you mean retryWrites?"),
        ("tlsAllowInvalidCertificate", "did you mean tlsAllowInvalidCertificates?"),
        ("authsoruce", "did you mean authSource?"),
        ("apiVersion", "ServerApi"),
        ("proxyHost", "SOCKS5"),
    ],
)
def test_advice_names_what_was_meant(name: str, words: str) -> None:
    assert words in advice(name)


@pytest.mark.parametrize("name", ["", "x", "foo", "collection", "q" * 10_000])
def test_advice_is_silent_where_nothing_is_near(name: str) -> None:
    assert advice(name) == ""
