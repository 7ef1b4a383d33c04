"""The difference that decides: one positive case for each kind, and a look-alike beside it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mongoping.comparison.compare import compare, differ
from mongoping.comparison.kinds import KINDS
from mongoping.comparison.reading import view_of
from mongoping.comparison.record import Comparison, Key, View
from tests.comparison.documents import HOST, NAME, report


def comparison(**documents: dict[str, Any]) -> Comparison:
    """Compare reports whose names are places."""
    return compare([view_of(name, document) for name, document in documents.items()])


def sentence(bad: dict[str, Any], good: dict[str, Any] | None = None) -> str:
    """Return what explains one failing report beside two that work."""
    fine = good or report()
    return comparison(a=fine, b=bad, c=fine).sentence


def decides(bad: dict[str, Any], good: dict[str, Any] | None = None) -> str | None:
    """Return the kind of the difference that decides, or None."""
    fine = good or report()
    (explanation,) = comparison(a=fine, b=bad, c=fine).explanations
    return explanation.decides.key.kind if explanation.decides else None


def test_other_addresses_explain_a_failed_connection() -> None:
    bad = report("tcp.timeout", addresses=("10.0.0.7",))
    assert sentence(bad) == (
        f"Fails from b only: there {NAME} resolves to 10.0.0.7, elsewhere to 10.0.0.5"
    )


def test_the_sentence_says_where_the_addresses_come_from() -> None:
    by_file = report("tcp.timeout", addresses=("10.0.0.7",), hosts_file=("10.0.0.7",))
    assert "to 10.0.0.7 (from the hosts file), elsewhere to 10.0.0.5" in sentence(by_file)
    by_server = report("tcp.timeout", addresses=("10.0.0.7",), resolvers=("10.9.0.53",))
    assert "to 10.0.0.7 (according to 10.9.0.53), elsewhere" in sentence(by_server)


def test_further_addresses_do_not_explain_what_fails_at_a_shared_one() -> None:
    bad = report("tcp.timeout", addresses=("10.0.0.5", "10.0.0.7"), source="10.9.0.4")
    assert decides(bad) == "source"
    assert "leave from 10.9.0.4, elsewhere from 10.1.0.2" in sentence(bad)


def test_a_missing_route_is_named() -> None:
    bad = report("tcp.unreachable", source=None)
    assert sentence(bad) == (
        f"Fails from b only: there no route leads to {HOST}, "
        f"elsewhere connections to {HOST} leave from 10.1.0.2"
    )


def test_the_resolver_explains_a_name_that_does_not_resolve() -> None:
    bad = report(
        "dns.host-not-found", addresses=(), lookup_failure="nxdomain", resolvers=("10.9.0.53",)
    )
    assert decides(bad) == "resolver"
    assert "through 10.9.0.53, elsewhere through 10.1.0.53" in sentence(bad)


def test_another_resolver_with_the_same_answer_explains_nothing() -> None:
    bad = report("tcp.refused", resolvers=("10.9.0.53",))
    assert decides(bad) is None
    assert "only the name servers differ, which does not explain the failure" in sentence(bad)


def test_the_same_resolver_with_another_answer() -> None:
    bad = report("dns.host-not-found", addresses=(), lookup_failure="nxdomain")
    assert sentence(bad) == (
        f"Fails from b only: there {NAME} does not resolve (no such name), "
        f"elsewhere {NAME} resolves to 10.0.0.5"
    )


def test_an_unanswered_lookup_is_not_called_a_missing_name() -> None:
    bad = report("dns.timeout", addresses=(), lookup_failure="timeout")
    assert f"{NAME} does not resolve (no answer)" in sentence(bad)


CERTIFICATE = {
    "subject": "CN=db1",
    "issuer": "CN=company",
    "not_before": "2026-01-01T00:00:00+00:00",
    "not_after": "2027-01-01T00:00:00+00:00",
}
OWN_CA = {"authorities": "/etc/ca.pem", "store_digest": "abcd", "store_count": 1}
SYSTEM = {"authorities": "system store", "store_digest": "ef01", "store_count": 140}


def test_the_trust_store_explains_an_unknown_ca() -> None:
    bad = report("tls.unknown-ca", tls_files=SYSTEM, certificate=CERTIFICATE, source="10.9.0.4")
    good = report(tls_files=OWN_CA, certificate=CERTIFICATE)
    assert decides(bad, good) == "trust"


def test_the_same_cas_in_another_file_explain_nothing() -> None:
    same = OWN_CA | {"authorities": "/other/ca.pem"}
    bad = report("tls.unknown-ca", tls_files=same, certificate=CERTIFICATE)
    assert decides(bad, report(tls_files=OWN_CA, certificate=CERTIFICATE)) is None


def test_another_certificate_explains_it_before_the_trust_store() -> None:
    theirs = CERTIFICATE | {"issuer": "CN=inspection"}
    bad = report("tls.unknown-ca", tls_files=SYSTEM, certificate=theirs)
    good = report(tls_files=OWN_CA, certificate=CERTIFICATE)
    assert decides(bad, good) == "certificate"
    assert sentence(bad, good).endswith("the trusted CAs differ too and could also explain it")


def test_a_certificate_that_comes_with_another_address_is_a_consequence() -> None:
    theirs = CERTIFICATE | {"issuer": "CN=inspection"}
    bad = report("tls.unknown-ca", addresses=("10.0.0.7",), certificate=theirs)
    (explanation,) = comparison(a=report(certificate=CERTIFICATE), b=bad).explanations
    assert [row.key.kind for row in explanation.explains] == ["addresses"]


def test_the_clock_explains_a_certificate_that_is_valid_elsewhere() -> None:
    late = report(
        "tls.certificate-expired", certificate=CERTIFICATE, started_at="2027-06-01T00:00:00.000Z"
    )
    good = report(certificate=CERTIFICATE)
    assert "the clock says 2027-06-01 00:00, elsewhere 2026-11-29 00:10" in sentence(late, good)
    # an expired certificate that was expired for the others, too, which do not verify it
    certificate = CERTIFICATE | {"not_after": "2026-11-28T00:00:00+00:00"}
    bad = report("tls.certificate-expired", certificate=certificate)
    assert decides(bad, report(certificate=certificate, started_at="2026-11-29T00:20:00Z")) is None


def test_an_option_explains_only_what_it_can_bring_about() -> None:
    bad = report("topology.set-name-mismatch", options={"replicaSet": "rs1"})
    assert sentence(bad, report(options={"replicaSet": "rs0"})) == (
        "Fails from b only: there replicaSet is rs1, elsewhere rs0"
    )
    assert decides(report("auth.failed", options={"replicaSet": "rs1"})) is None
    without_option = report("auth.failed", options={})
    good = report(options={"authSource": "shop"})
    assert "there authSource is not set, elsewhere authSource is shop" in sentence(
        without_option, good
    )


def test_versions_explain_only_what_depends_on_them() -> None:
    old = {"openssl": "OpenSSL 1.1.1"}
    assert decides(report("tls.protocol-version", tool=old)) == "openssl"
    assert decides(report("tls.unknown-ca", tool=old)) is None


def test_proxy_variables_explain_no_failed_connection() -> None:
    """PyMongo does not read them; only what fetches tokens or OCSP answers over HTTP does."""
    proxies = {"HTTPS_PROXY": "proxy.example.com:3128"}
    assert decides(report("tcp.timeout", proxies=proxies)) is None
    assert decides(report("auth.oidc", proxies=proxies)) == "proxy"


def test_a_ping_is_slower_only_beyond_noise() -> None:
    slow = comparison(a=report(), b=report("ping.timeout", p50_ms=250.0))
    assert slow.explanations[0].decides is not None
    assert slow.explanations[0].decides.key == Key("latency")
    busy = report("ping.timeout", p50_ms=250.0)
    busy["latency"] |= {"min_ms": 1.2}  # the path is short: another program took the time
    assert comparison(a=report(), b=busy).explanations[0].decides is None
    noise = comparison(a=report(p50_ms=0.4), b=report("ping.timeout", p50_ms=2.0))
    assert noise.explanations[0].decides is None


def test_nothing_differs() -> None:
    assert sentence(report("tcp.refused")) == ("Fails from b only; nothing in the evidence differs")


def test_a_login_that_fails_where_the_others_work_is_about_the_password() -> None:
    for reports in (
        {"a": report(), "b": report("auth.failed")},
        {"a": report("auth.failed"), "b": report()},
    ):
        assert "Reports contain no passwords" in comparison(**reports).sentence


def test_time_between_the_reports_is_stated_where_nothing_explains() -> None:
    later = report("tcp.refused", started_at="2026-11-29T03:10:00.000Z")
    assert sentence(later).endswith("The reports are 3 h apart: the deployment may have changed")


def test_a_place_where_only_it_works() -> None:
    bad = report("tcp.timeout", addresses=("10.0.0.7",))
    assert comparison(laptop=report(), b=bad, c=bad).sentence == (
        f"Works from laptop only: there {NAME} resolves to 10.0.0.5, elsewhere to 10.0.0.7"
    )


def test_each_verdict_is_explained_by_itself() -> None:
    result = comparison(
        a=report(),
        b=report("tcp.timeout", addresses=("10.0.0.7",)),
        c=report("dns.host-not-found", addresses=(), lookup_failure="nxdomain"),
    )
    assert [row.views for row in result.explanations] == [("b",), ("c",)]
    assert "Fails from c: there" in result.sentence
    assert "from a to 10.0.0.5" in result.sentence


def test_a_fact_of_another_host_explains_nothing() -> None:
    bad = report("tcp.timeout", host="db2.example.com:27017", addresses=("10.0.0.7",))
    assert decides(bad) is None


def test_warnings_are_compared_where_everything_works() -> None:
    result = comparison(a=report(), b=report(warnings=("ping.slow",), p50_ms=600.0))
    assert result.same
    assert (
        result.sentence
        == "ping.slow is reported from b only: there a ping takes 600 ms, from a 1.0 ms"
    )


def test_an_interrupted_run_has_no_verdict() -> None:
    interrupted_run = report()
    interrupted_run["layers"][4]["data"] = {"status": "skipped", "reason": "interrupted"}
    interrupted_run["layers"][7]["status"] = "skip"
    result = comparison(a=report("tcp.timeout"), b=interrupted_run)
    assert result.views[1].state == "unfinished"
    assert result.notes == ("The run from b was interrupted before it came to a verdict.",)


def test_a_refused_login_is_never_blamed_on_the_path() -> None:
    """Two machines always have two addresses; the passwords, which may differ, are not known."""
    bad = report("auth.failed", source="10.9.0.4", host=None)
    assert decides(bad) is None
    assert sentence(bad).endswith("Reports contain no passwords: compare the passwords yourself")


def test_localhost_is_another_server_in_each_place() -> None:
    views = [
        view_of(name, document).replace(target=frozenset({"localhost:27017"}))
        for name, document in (("a", report()), ("b", report("tcp.refused")))
    ]
    assert compare(views).sentence.endswith("localhost:27017 is another server in each place")


def test_of_several_failing_hosts_only_these_are_looked_at() -> None:
    """A finding about several hosts names none: then the failed checks of its layer count."""
    other = "db2.example.com:27017"
    bad = report("tcp.timeout", host=None, addresses=("10.0.0.7",))
    bad["layers"][2]["data"]["hosts"] = {HOST: {"status": "ok"}, other: {"status": "failed"}}
    assert view_of("b", bad).hosts == (other,)


def test_an_unfinished_run_is_not_the_same_verdict() -> None:
    unfinished_run = report()
    unfinished_run["layers"][2]["data"] = {"status": "skipped", "reason": "the deadline came first"}
    unfinished_run["layers"][7]["status"] = "skip"
    result = comparison(a=report(), b=unfinished_run)
    assert not result.same
    assert result.sentence == "Too few of these runs came to a verdict to be compared"


def test_a_run_that_pinged_works_whatever_the_deadline_stopped() -> None:
    late = report()
    late["layers"][9]["data"] = {"machine": {"status": "skipped", "reason": "interrupted"}}
    assert view_of("a", late).state == "works"


def test_a_value_that_is_missing_is_stated_in_grammar() -> None:
    members = [{"host": HOST, "role": "secondary"}]
    without_primary = {"type": "ReplicaSetNoPrimary", "set_name": "rs0", "members": members}
    with_primary = without_primary | {"members": [{"host": HOST, "role": "primary"}]}
    bad = report("topology.no-primary", host=None, topology=without_primary)
    assert sentence(bad, report(topology=with_primary)).startswith(
        f"Fails from b only: there no primary is known, elsewhere the primary is {HOST}"
    )


def test_facts_that_only_one_report_has_are_not_compared_silently() -> None:
    old = report("tcp.timeout", resolvers=("10.9.0.53",))
    del old["layers"][9]["data"]["machine"]
    result = comparison(a=report(), b=old)
    assert result.notes == (
        "The report from b has no facts about its machine: name servers, hosts file and proxies "
        "are not compared.",
    )


def test_a_view_survives_json() -> None:
    view = view_of("a", report("tcp.timeout", warnings=("ping.slow",), options={"tls": True}))
    assert View.from_json(json.loads(json.dumps(view.as_json()))) == view


def test_whether_rows_differ_is_known_from_status_and_cause() -> None:
    assert not differ([("ok", None), ("warn", None)])
    assert differ([("ok", None), ("fail", "tcp.timeout")])
    assert not differ([("fail", "tcp.timeout"), ("fail", "tcp.timeout")])


@pytest.mark.parametrize("junk", [None, 1, "text", [], {}, [1], {"a": 1}, True, 1e400])
def test_a_report_with_anything_in_any_place_is_read(junk: Any) -> None:
    """A file may have been edited: what has an unexpected type counts as not observed."""
    base = report("tcp.timeout")
    for path in paths(base):
        document = json.loads(json.dumps(base))
        place = document
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = junk
        compare([view_of("a", base), view_of("b", document)])


def paths(value: Any, before: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths of all values in a document."""
    steps = value.items() if isinstance(value, dict) else enumerate(value)
    result = []
    for step, inner in steps:
        result.append((*before, step))
        if isinstance(inner, (dict, list)):
            result += paths(inner, (*before, step))
    return result


def test_every_fact_that_is_read_is_of_a_known_kind() -> None:
    view = view_of("a", report(hello={"me": "x", "asked_user": "y"}, tls_files=SYSTEM))
    assert {key.kind for key in view.facts} - {"connected"} <= set(KINDS)
