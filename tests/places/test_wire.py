"""Records that other places send: what arrives is what was sent."""

from __future__ import annotations

import json

import pytest

from mongoping.model import Match, Report
from mongoping.places.wire import decode, encode
from tests.formats.samples import EVERY


# a field of the hostile report has a word that its type does not allow, so it is refused
@pytest.mark.parametrize("name", sorted(EVERY.keys() - {"hostile"}))
def test_a_report_arrives_as_it_was_sent(name: str) -> None:
    document = json.loads(json.dumps(encode(EVERY[name])))
    assert encode(decode(Report, document)) == document


def test_the_types_of_every_field_of_a_match_are_known() -> None:
    """Otherwise no report with a finding can be read."""
    assert decode(Match, encode(Match("words"))) == Match("words")
