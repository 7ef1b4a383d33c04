"""No original name is left in any format: canaries in every place that a name can have."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from mongoping import formats, registry
from mongoping.anonymous.names import collect
from mongoping.anonymous.pseudonyms import KEPT_LABELS, Pseudonyms
from mongoping.anonymous.reports import anonymize_report, anonymized_document
from mongoping.comparison.compare import compare
from mongoping.comparison.reading import view_of
from mongoping.diagnosis import diagnose
from mongoping.formats.json import document
from mongoping.model import Report, Style
from mongoping.model.to_jsonable import to_jsonable
from mongoping.observations.atlas import AccessEntry, AtlasCluster, AtlasFacts, AtlasUser
from mongoping.places.gather import Answer, join_reports, report_of
from mongoping.places.place import parse as place_of
from mongoping.places.problem import Problem
from mongoping.places.session import Outcome
from mongoping.places.wire import encode
from mongoping.report import build
from mongoping.settings import Settings
from mongoping.uri.target import parse
from tests.causes.positive import positive_cases
from tests.checks.real import check_uri
from tests.comparison.documents import report as written
from tests.conftest import having
from tests.formats import samples

if TYPE_CHECKING:
    from mongoping.sandbox.certificates import Certificates
    from mongoping.sandbox.deployment import Deployment
    from mongoping.sandbox.nameserver import NameServer

OF_EVERY_SYSTEM = ("127.", "/etc/", "/tmp/", "/usr/lib/")  # they name no machine and no user
STYLES = (Style(width=80, verbose=True), Style(width=200, color=True))


def outputs_of(report: Report) -> Iterator[tuple[str, str]]:
    """Yield an anonymized report in every format."""
    anonymous_report = anonymize_report(report, Pseudonyms(run="run-1"))
    for name in registry.names("formats"):
        for style in STYLES:
            yield name, formats.render(name, [anonymous_report], style)


def leaks(report: Report, *canaries: str) -> list[tuple[str, str]]:
    """Return the format and the canary where one is printed."""
    return [
        (form, canary)
        for form, text in outputs_of(report)
        for canary in canaries
        if canary.lower() in text.lower()
    ]


def there(place: str, problem: Problem | None = None) -> Report:
    """Return the report of a place in which mongoping ran, or could not."""
    outcome = Outcome()
    outcome.host, outcome.problem = "cnrymachine", problem
    parsed_uri = parse("mongodb://cnryhost.example.com:1/")
    results = {0: encode(samples.report())} if problem is None else {}
    return report_of(Answer(place_of(place), outcome, results), 0, parsed_uri, Settings())


PLACES = (
    ("ssh:cnryuser@cnryhost.example.com", None, "Could not resolve hostname cnryhost.example.com"),
    ("ssh://cnryuser@cnryhost:2222", None, "ssh: connect to host cnryhost port 2222: refused"),
    ("docker:cnrybox", None, "No such container: cnrybox"),
    ("kubectl:cnryns/cnrypod/cnrybox", None, 'pods "cnrypod" not found'),
    ("kubectl:xq", "xq", 'pods "xq" not found'),
)


@pytest.mark.parametrize(("place", "short", "words"), PLACES)
def test_reports_from_other_places(place: str, short: str | None, words: str) -> None:
    problem = Problem("unknown-name", words)
    joint_report = join_reports(samples.report(), [there(place), there(place, problem)])
    assert leaks(joint_report, "cnry", *filter(None, [short])) == []
    anonymous_report = anonymize_report(joint_report, Pseudonyms(run="run-1"))
    first, second = anonymous_report.places
    assert first.vantage is not None
    assert first.vantage.name.startswith(place.partition(":")[0] + ":")
    assert first.vantage == second.vantage
    assert first.anonymized == second.anonymized == "run-1"
    assert anonymous_report.comparison is not None
    assert f"from here and {first.vantage.name}" in anonymous_report.comparison["sentence"]
    same = anonymized_document(
        json.loads(json.dumps(document(joint_report))), Pseudonyms(run="run-1")
    )
    assert same == json.loads(json.dumps(document(anonymous_report)))


def test_a_host_has_one_pseudonym_as_a_place_and_as_a_target() -> None:
    joint_report = join_reports(
        samples.report(), [there("ssh:cnryhost.example.com"), there("docker:default")]
    )
    anonymous_report = anonymize_report(joint_report, Pseudonyms(run="run-1"))
    own, other = [
        place.vantage.name for place in anonymous_report.places if place.vantage is not None
    ]
    assert own.removeprefix("ssh:") in anonymous_report.places[0].uri
    assert other == "docker:default"


@pytest.mark.server
def test_a_refused_login(mongod_auth: Deployment) -> None:
    uri = f"mongodb://cnryuser:pw@{mongod_auth.hosts[0]}/cnrydb?appName=cnryapp"
    evidence, report = check_uri(uri)
    assert report.verdict is not None
    assert leaks(report, "cnryuser", "cnrydb", "cnryapp") == []
    assert evidence.failure("auth") is not None


@pytest.mark.server
def test_an_untrusted_certificate(certificates: Certificates) -> None:
    from mongoping.sandbox.deployment import ServerTls, standalone

    key = certificates.server("localhost", "cnryhost.cnrydom.example", "10.11.12.13")
    other = certificates.other_authority
    tls = ServerTls(key, certificates.authority)
    with having(), standalone(tls=tls) as server:
        _, report = check_uri(f"mongodb://{server.hosts[0]}/?tls=true&tlsCAFile={other}")
    assert report.verdict is not None
    assert report.verdict.cause == "tls.unknown-ca"
    folder = str(other.parent.name)
    canaries = ("cnryhost", "cnrydom", "10.11.12.13", "mongoping sandbox", folder, other.stem)
    assert leaks(report, *canaries) == []


def test_names_that_do_not_resolve(nameserver: NameServer) -> None:
    uri = "mongodb://cnryone.cnrydom.example:27017,cnrytwo.cnrydom.example/?replicaSet=cnryset"
    _, report = check_uri(uri, resolver=nameserver.address, deadline=3.0)
    assert leaks(report, "cnryone", "cnrytwo", "cnrydom", "cnryset") == []


def test_srv_records(nameserver: NameServer) -> None:
    from mongoping.sandbox.nameserver import srv

    host, cluster = "cnryhost-00.cnrydom.example.com", "cnrycluster.cnrydom.example.com"
    nameserver.zone[f"_mongodb._tcp.{cluster}", "SRV"] = srv([(host, 9)])
    nameserver.zone[cluster, "TXT"] = ['"replicaSet=cnryset&authSource=cnryauth"']
    nameserver.zone[host, "A"] = ["10.255.255.1"]
    _, report = check_uri(
        f"mongodb+srv://cnryuser:pw@{cluster}/", resolver=nameserver.address, deadline=1.5, cap=0.6
    )
    canaries = ("cnryhost", "cnrydom", "cnrycluster", "cnryset", "cnryauth", "cnryuser")
    assert leaks(report, *canaries, "10.255.255.1") == []


@pytest.mark.parametrize(
    "uri",
    [
        "mongodb://cnryuser:cnry/pw@cnryhost.cnrydom.foo/cnrydb",
        "mongodb://cnryuser:cnry?pw@cnryhost:27017/cnrydb",
        "mongodb://cnryhost:cnryport/cnrydb",
        "mongodb+srv://cnryuser@cnryhost:27017/x?replicaSet=cnryset",
        "mongodb://u:p@cnryhost/cnrydb.coll?authSource=cnryauth&nonsense=cnryvalue",
        "mongodb:/cnryhost/cnrydb",
        "mongodb://cnry%20user:pw@cnryhost/?authMechanismProperties=SERVICE_REALM:cnryrealm",
        "mongodb://%2Fhome%2Fcnryos%2Fcnry.sock/",
        "http://cnryhost.cnrydom.example:27017/",
        "cnryhost cnrydb",
    ],
)
def test_connection_strings_of_every_kind(uri: str) -> None:
    _, report = check_uri(uri, deadline=1.0, cap=0.3)
    assert leaks(report, "cnry") == []


def test_every_cause_is_anonymized() -> None:
    """The evidence of each cause of the catalog, as a report in JSON and as text."""
    leaks_by_code: dict[str, set[str]] = {}
    for code, evidence in positive_cases():
        parsed_uri = parse(evidence.target.uri if evidence.target else "mongodb://db.example.test/")
        diagnosis = diagnose(evidence, registry.causes())
        report = build(evidence, diagnosis, registry.checks(), parsed_uri)
        names = {
            name.lower()
            for _, name in collect(document(report))
            if len(name) > 4 and "." in name and not set(name.split(".")) <= KEPT_LABELS
        }
        names = {name for name in names if not name.startswith(OF_EVERY_SYSTEM)}
        anonymous_report = anonymize_report(report, Pseudonyms(run="run-1"))
        for form in ("json", "text"):
            text = formats.render(form, [anonymous_report], STYLES[0]).lower()
            leaks_by_code.setdefault(code, set()).update(name for name in names if name in text)
    assert {code: names for code, names in leaks_by_code.items() if names} == {}


@pytest.mark.parametrize(
    "user", ["İstanbul", "straße", "KUBE", "a.b*c(d", "o'brien", "\ud800xy", "x" * 3000]
)
def test_unusual_names(user: str) -> None:
    """Letters that change their length with their case, marks of expressions, long names."""
    report = written("auth.failed", uri={"username": user, "auth_source": "admin"})
    lines = [user, user.upper(), user.lower(), f"user {user}@admin", "kuſe", "\u212aube"]
    report["layers"][6]["summary"] = "; ".join(lines)
    text = json.dumps(anonymized_document(report, Pseudonyms(run="run-1")), ensure_ascii=False)
    assert user not in text
    assert user.lower() not in text.lower()


@pytest.mark.parametrize(
    "piece", ["a", "a.", "1.", "a-", ":", "0:", "/a", "a@", "mongodb://", "%20"]
)
def test_long_texts_take_linear_time(piece: str) -> None:
    """The longest connection string; an expression that looks twice would not come to an end."""
    report = written("uri.malformed", host=None)
    report["target"]["uri"] = "mongodb://" + piece * (64_000 // len(piece))
    report["layers"][0]["summary"] = piece * (64_000 // len(piece))
    assert anonymized_document(report, Pseudonyms(run="run-1"))["schema"] == 2


def test_what_the_atlas_api_said() -> None:
    cluster = AtlasCluster("cnrycluster", "cnryproject", "cnryid0123456789", standard_srv=None)
    user = AtlasUser("cnryuser", "admin", clusters=("cnryother",))
    entry = AccessEntry("5.6.7.9/32", status="ACTIVE")
    facts = AtlasFacts("5.6.7.8", cluster, nearest="cnrynear", access=(entry,), users=(user,))
    report = written("tcp.timeout")
    report["layers"][1]["data"]["atlas"] = to_jsonable(facts)
    report["layers"][1]["summary"] = "cluster cnrycluster of cnryproject admits 5.6.7.9/32"
    text = json.dumps(anonymized_document(report, Pseudonyms(run="run-1")))
    assert "cnry" not in text
    assert "5.6.7" not in text
    assert "public-ip-2/32" in text


def test_anonymized_reports_can_be_compared() -> None:
    bad = written("tcp.timeout", addresses=("10.0.0.7",), resolvers=("10.9.0.53",))
    pseudonyms = Pseudonyms(b"a key of the people who compare")
    views = [
        view_of(name, json.loads(json.dumps(anonymized_document(report, pseudonyms))))
        for name, report in (("a", written()), ("b", bad))
    ]
    (explanation,) = compare(views).explanations
    assert explanation.decides is not None
    assert explanation.decides.key.kind == "addresses"
    assert "10.0.0" not in explanation.sentence
    assert "db1" not in explanation.sentence
    assert "private-ip-" in explanation.sentence
