"""JUnit XML: read by junitparser, valid by an XSD, whatever a peer has written into it."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import junitparser
import pytest
from hypothesis import given

from mongoping.formats import junit
from tests.examples import examples
from tests.formats.samples import (
    EVERY,
    STYLE,
    hostile,
    refused_report,
    report,
    smoke_report,
    texts,
    warning_report,
)

if TYPE_CHECKING:
    from xmlschema import XMLSchema

    from mongoping.model import Report


@cache
def schema() -> XMLSchema:
    """Return the XSD. Importing xmlschema takes longer than most tests, so import it here."""
    from xmlschema import XMLSchema

    return XMLSchema(str(Path(__file__).with_name("junit.xsd")))


def valid(text: str) -> None:
    """Valid by the XSD, as the bytes that a file would hold."""
    schema().validate(io.BytesIO(text.encode("utf-8")))


@pytest.mark.parametrize("name", EVERY)
def test_every_report_is_valid(name: str) -> None:
    text = junit.render(EVERY[name], STYLE)
    valid(text)
    assert junitparser.JUnitXml.fromstring(text.encode())


def suites(*reports: Report) -> list:
    return list(junitparser.JUnitXml.fromstring(junit.render_all(reports, STYLE).encode()))


def test_a_suite_is_a_target_and_a_case_a_layer_or_an_expectation() -> None:
    first, second = suites(smoke_report(), refused_report())
    names = [case.name for case in first]
    assert names[:3] == ["uri", "dns", "tcp"]
    assert names[-3:] == ["server", "members", "p95-ms"]
    assert first.name == "orders"
    assert second.name == "mongodb://ada:***@h:1/"
    valid(junit.render_all([smoke_report(), refused_report()], STYLE))


def test_a_failure_has_the_cause_the_evidence_and_the_remedy() -> None:
    (suite,) = suites(refused_report())
    failures = [
        case for case in suite if any(isinstance(r, junitparser.Failure) for r in case.result)
    ]
    assert [case.name for case in failures] == ["tcp"]
    failure = failures[0].result[0]
    assert failure.type == "tcp.refused"
    assert "h:1 refused the connection" in failure.message
    assert "Try first: Start the server:\n  systemctl start mongod\n" in failure.text
    assert suite.failures == 1
    assert suite.skipped == 7


def test_an_unmet_expectation_fails_its_case_and_no_layer() -> None:
    (suite,) = suites(smoke_report())
    failures = [case.name for case in suite if case.result and case.result[0]._tag == "failure"]
    assert failures == ["members"]


def test_properties_tell_versions_and_the_end() -> None:
    (suite,) = suites(refused_report())
    properties = {item.name: item.value for item in suite.properties()}
    assert properties["pymongo"] == "4.15.1"
    assert properties["exit_code"] == "12"
    assert properties["cause"] == "tcp.refused"


def test_a_warning_is_no_failure_and_is_told_all_the_same() -> None:
    (suite,) = suites(warning_report())
    assert suite.failures == 0
    text = junit.render(warning_report(), STYLE)
    assert "tls.certificate-expiring: 6 days left" in text
    assert "Try first: Renew the certificate:\n  certbot renew" in text


@pytest.mark.parametrize("name", ["client", "interrupted"])
def test_what_belongs_to_no_layer_is_a_failure_too(name: str) -> None:
    (suite,) = suites(EVERY[name])
    assert suite.failures == 1


@given(texts)
@examples(60)
def test_no_text_can_break_it(text: str) -> None:
    """XML 1.0 has no way to say most control characters: they stand there as escapes."""
    output = junit.render(hostile(text), STYLE)
    valid(output)
    (suite,) = junitparser.JUnitXml.fromstring(output.encode())
    assert suite.failures == len([c for c in suite if c.result and c.result[0]._tag == "failure"])
    assert suite.failures >= 2


def test_the_numbers_add_up() -> None:
    both = [report(), refused_report(), smoke_report(), warning_report()]
    whole = junitparser.JUnitXml.fromstring(junit.render_all(both, STYLE).encode())
    assert whole.tests == sum(len(list(suite)) for suite in whole)
    assert whole.failures == 2
