"""The limits on what a SCRAM server may ask for."""

from __future__ import annotations

import pytest

from mongoping.probe import scram


@pytest.mark.parametrize("count", [4096, 10_000, 15_000, scram.MAX_ITERATIONS])
def test_usual_counts_are_computed(count: int) -> None:
    assert scram.iterations(b"r=nonce,s=c2FsdA==,i=%d" % count) == count


@pytest.mark.parametrize("count", [b"2147483647", b"1000001", b"4095", b"-1", b"2_147_483_647"])
def test_other_counts_are_refused(count: bytes) -> None:
    with pytest.raises(scram.IterationCountError, match="iterations of password hashing"):
        scram.iterations(b"r=nonce,s=c2FsdA==,i=" + count)


def test_a_count_of_thousands_of_digits_is_not_spelled_out() -> None:
    with pytest.raises(scram.IterationCountError) as error:
        scram.iterations(b"i=" + b"9" * 4000)
    assert len(str(error.value)) < 200


@pytest.mark.parametrize("message", [b"", b"v=signature", b"i=many", b"e=other-error", b"i"])
def test_other_messages_have_no_count(message: bytes) -> None:
    assert scram.iterations(message) is None


def test_the_last_of_two_counts_holds_as_it_does_for_pymongo() -> None:
    with pytest.raises(scram.IterationCountError):
        scram.iterations(b"i=15000,i=2147483647")
