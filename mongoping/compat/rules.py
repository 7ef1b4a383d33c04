"""Compatibility rules for servers, PyMongo, Motor and Python.

The facts and their sources are package data, read once on first use. Everything here is pure.
Today's date is always an argument, because the end of life of a version depends on it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mongoping.compat.facts import MotorSupport, PymongoSupport, ServerSeries, facts
from mongoping.compat.versions import allows, release, series
from mongoping.model import Remedy
from mongoping.record import Record

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from mongoping.model import Status

INSTALL = "Install a version that works:"

IMITATIONS = ("cosmosdb", "documentdb", "ferretdb")
"""What answers like MongoDB and is not: the flavours that a hello can show."""


class MotorStatus(Record):
    """Support for Motor on a day: ``supported``, ``deprecated``, ``critical`` or ``ended``."""

    version: str
    phase: str
    deprecated: date
    end_of_life: date
    critical_until: date
    source: str


class Row(Record):
    """One compatibility question and its answer.

    ``status`` is ok, warn or fail. ``cause`` is the code of the catalog with more details,
    ``remedy`` what to do about this row.
    """

    subject: str
    version: str
    status: Status
    words: str
    source: str
    cause: str | None = None
    remedy: Remedy | None = None


def server_of_wire(max_wire: int) -> str | None:
    """Return the server series with this maximum wire version, or None if unknown."""
    return next((server.series for server in facts().servers if server.max_wire == max_wire), None)


def server_series(version: str) -> ServerSeries | None:
    """Return the facts about a server series. Raises ValueError for an invalid version."""
    name = series(version)
    return next((server for server in facts().servers if server.series == name), None)


def followed_by(version: str, today: date) -> ServerSeries | None:
    """Return the release that ended support for one without a published date, or None.

    Rapid releases are supported for a few months, until the next one. All of those without a
    published date have been followed by a yearly release.
    """
    known = server_series(version)
    if known is None or known.prerelease or known.released is not None:
        return None
    later = (server for server in facts().servers if release(server.series) > release(known.series))
    yearly = next((support for support in later if support.released and not support.rapid), None)
    if yearly is None or (yearly.released or "") > today.isoformat():
        return None
    return yearly


def server_before_stable_api(version: str) -> bool:
    """Return whether a server is too old for the Stable API and ignores it."""
    return release(version) < release(facts().stable_api_since)


def pymongo_range(version: str) -> PymongoSupport | None:
    """Return the facts about a PyMongo series. Raises ValueError for an invalid version."""
    name = series(version)
    return next((support for support in facts().pymongo if support.series == name), None)


def newest_pymongo() -> PymongoSupport:
    """Return the newest series of PyMongo in the table."""
    return facts().pymongo[-1]


def newest_pymongo_for(server: str) -> PymongoSupport | None:
    """Return the newest series of PyMongo that supports a server, or None."""
    wanted = release(server)
    fitting = [support for support in facts().pymongo if release(support.min_server) <= wanted]
    return fitting[-1] if fitting else None


def newest_pymongo_on(python: str) -> PymongoSupport | None:
    """Return the newest series of PyMongo that supports a Python, or None."""
    fitting = [
        support for support in facts().pymongo if support.python and allows(support.python, python)
    ]
    return fitting[-1] if fitting else None


def pymongo_pin(server: str) -> str | None:
    """Return the pip requirement for a server: ``pymongo<4.18`` for MongoDB 4.2.

    None if the newest PyMongo supports it, or none in the table does.
    """
    fitting = newest_pymongo_for(server)
    if fitting is None or fitting == newest_pymongo():
        return None
    following = facts().pymongo[facts().pymongo.index(fitting) + 1]
    return f"pymongo<{following.series}"


def motor_range(version: str) -> MotorSupport | None:
    """Return the facts about a Motor series. Raises ValueError for an invalid version."""
    name = series(version)
    return next((support for support in facts().motor if support.series == name), None)


def motor_status(version: str, today: date) -> MotorStatus:
    """Return the support status of a Motor version on a day. All versions share the same dates."""
    life = facts().motor_life
    ends = (life.deprecated, life.end_of_life, life.critical_until)
    phase = ("supported", "deprecated", "critical", "ended")[sum(today >= end for end in ends)]
    return MotorStatus(version, phase, *ends, source=life.source)


def check(
    today: date,
    *,
    server: str | None = None,
    pymongo: str | None = None,
    python: str | None = None,
    implementation: str = "CPython",
    motor: str | None = None,
    dnspython: str | None = None,
) -> tuple[Row, ...]:
    """Return the rows about a combination of versions; those that are None are skipped.

    Raises ValueError for text that is no version.
    """
    rows = [
        _async_api(pymongo) if pymongo else None,
        _known_faults(pymongo) if pymongo else None,
        _driver_on_python(pymongo, python, implementation) if pymongo and python else None,
        _driver_with_dnspython(pymongo, dnspython) if pymongo and dnspython else None,
        _motor_life(motor, today) if motor else None,
        _motor_on_driver(motor, pymongo) if motor and pymongo else None,
        _motor_on_python(motor, python) if motor and python else None,
        _motor_reaches_server(motor, server) if motor and server else None,
    ]
    about = check_server(today, server, pymongo=pymongo, python=python) if server else ()
    return (*about, *(row for row in rows if row is not None))


def check_server(
    today: date,
    server: str,
    *,
    pymongo: str | None = None,
    python: str | None = None,
    genuine: bool = True,
) -> tuple[Row, ...]:
    """Return the rows about a server version, by itself and with a driver and a Python.

    There are no rows about a server that is not ``genuine``, because it imitates the version that
    it states. Raises ValueError for text that is no version.
    """
    rows = [
        _driver_reaches_server(pymongo, server) if pymongo and genuine else None,
        _server_life(server, today) if genuine else None,
        _stable_api(server) if genuine else None,
        _legacy_tls(python, server) if python and genuine else None,
    ]
    return tuple(row for row in rows if row is not None)


def not_in_table(pymongo: str) -> Row | None:
    """Return the row about a PyMongo that is newer than the table, or None.

    The other rows compare it as the newest one in the table.
    """
    known = _nearest(pymongo)
    if known is None:
        return None
    words = f"not in mongoping's table; compared as PyMongo {known.series}, the newest in it"
    return Row("PyMongo", pymongo, "warn", words, _made())


def worst(rows: Sequence[Row]) -> Status:
    """Return the status of the worst row."""
    found = {row.status for row in rows}
    return "fail" if "fail" in found else "warn" if "warn" in found else "ok"


def _driver_reaches_server(pymongo: str, server: str) -> Row:
    known = pymongo_range(pymongo) or _nearest(pymongo)
    if known is None:
        words = f"PyMongo {pymongo} is older than mongoping's table"
        return Row("MongoDB", server, "warn", words, _made())
    if release(server) < release(known.min_server):
        fitting, pin = newest_pymongo_for(server), pymongo_pin(server)
        words = f"PyMongo {pymongo} needs MongoDB {known.min_server} or newer"
        if fitting and pin:
            words += f"; the newest that reaches {series(server)} is PyMongo {fitting.series}"
        remedy = _install(pin) if pin else None
        cause = "compat.server-too-old"
        return Row("MongoDB", server, "fail", words, known.source, cause, remedy)
    if release(series(server)) > release(known.max_server):
        words = f"PyMongo {pymongo} knows MongoDB up to {known.max_server}; its new features"
        return Row("MongoDB", server, "warn", f"{words} cannot be used", known.source)
    words = f"PyMongo {known.series} knows MongoDB {known.min_server} to {known.max_server}"
    return Row("MongoDB", server, "ok", words, known.source)


def _nearest(pymongo: str) -> PymongoSupport | None:
    """Return the newest series in the table for a PyMongo that is newer than it."""
    newest = newest_pymongo()
    return newest if release(pymongo) > release(newest.series) else None


def _server_life(server: str, today: date) -> Row:
    subject, cause = "MongoDB support", "compat.server-end-of-life"
    known = server_series(server)
    if known is None or known.prerelease:
        what = "a pre-release" if known else "not in mongoping's table of servers"
        return Row(subject, server, "warn", what, _made())
    source = known.eol_source or known.wire_source
    following = followed_by(server, today)
    if following is not None:
        words = f"out of support; MongoDB {following.series} followed in {following.released}"
        return Row(subject, server, "warn", words, source, cause)
    if known.eol is None:
        return Row(subject, server, "ok", "no end of life published", source)
    if today <= known.eol:
        return Row(subject, server, "ok", f"supported until {known.eol}", source)
    # month only, because February 29 has no anniversary after three years
    until = f"{known.eol:%B} {known.eol.year + facts().promise_years}"
    words = f"end of life on {known.eol}; drivers released after {until} may drop support for it"
    return Row(subject, server, "warn", words, source, cause)


def _stable_api(server: str) -> Row:
    source, since = facts().stable_api_source, facts().stable_api_since
    if not server_before_stable_api(server):
        return Row("Stable API", server, "ok", "version 1 is supported", source)
    words = f"ignored before MongoDB {since}: the queries of a client that declares it fail"
    return Row("Stable API", server, "warn", words, source)


def _legacy_tls(python: str, server: str) -> Row | None:
    old, new = facts().legacy_tls_server, facts().legacy_tls_python
    if release(series(server)) > release(old) or release(python) < release(new):
        return None
    words = f"Python {new} and newer cannot use TLS to MongoDB {old} and older"
    return Row("TLS", server, "warn", words, facts().legacy_tls_source)


def _async_api(pymongo: str) -> Row:
    known = pymongo_range(pymongo) or _nearest(pymongo)
    stable = next(support for support in facts().pymongo if support.async_api == "stable")
    if known is not None and known.async_api == "stable":
        return Row("Async API", pymongo, "ok", "AsyncMongoClient is stable", known.source)
    source = known.source if known else _made()
    remedy = _install(f"pymongo>={stable.series}")
    since = f"stable since PyMongo {stable.series} ({stable.released})"
    if known is not None and known.async_api == "beta":
        cause = "compat.driver-end-of-life"
        words = f"AsyncMongoClient is a beta here, {since}"
        return Row("Async API", pymongo, "warn", words, source, cause, remedy)
    words = f"this PyMongo has no AsyncMongoClient, {since}"
    return Row("Async API", pymongo, "warn", words, source, "client.driver-too-old", remedy)


def _known_faults(pymongo: str) -> Row | None:
    stable = next(support for support in facts().pymongo if support.async_api == "stable")
    missing = [fix for fix in facts().fixes if release(pymongo) < release(fix.version)]
    if not missing or release(pymongo) < release(stable.series):
        return None
    newest = missing[-1]
    words = f"{newest.version} fixes " + ", ".join(fix.fixed for fix in missing)
    remedy = _install(f"pymongo>={newest.version}")
    return Row("PyMongo", pymongo, "warn", words, newest.source, None, remedy)


def _driver_on_python(pymongo: str, python: str, implementation: str) -> Row:
    known = pymongo_range(pymongo) or _nearest(pymongo)
    if known is None or known.python is None:
        words = f"PyMongo {pymongo} is older than mongoping's table"
        return Row("Python", python, "warn", words, _made())
    needs = f"PyMongo {known.series} requires Python {known.python_floor}"
    if not allows(known.python, python):
        fitting = newest_pymongo_on(python)
        remedy = _install(f"pymongo=={fitting.series}.*") if fitting else None
        cause = "client.python-too-old"
        return Row("Python", python, "fail", needs, known.source, cause, remedy)
    if implementation == "PyPy" and known.pypy is False:
        words = f"PyMongo {known.series} no longer supports PyPy"
        return Row("Python", python, "warn", words, known.source)
    if known.python_tested and release(series(python)) > release(known.python_tested[1]):
        words = f"PyMongo {known.series} was made for Python up to {known.python_tested[1]}"
        remedy = Remedy(INSTALL, command="python -m pip install --upgrade pymongo")
        return Row("Python", python, "warn", words, known.source, "client.python-too-new", remedy)
    return Row("Python", python, "ok", needs, known.source)


def _motor_life(motor: str, today: date) -> Row:
    status = motor_status(motor, today)
    words = {
        "supported": "supported",
        "deprecated": f"deprecated; end of life on {status.end_of_life}",
        "critical": f"end of life on {status.end_of_life}, "
        f"critical fixes until {status.critical_until}",
        "ended": f"end of life on {status.end_of_life}, no fixes since {status.critical_until}",
    }[status.phase]
    cause = None if status.phase == "supported" else "client.motor-end-of-life"
    return Row("Motor", motor, "warn" if cause else "ok", words, status.source, cause)


def _motor_on_driver(motor: str, pymongo: str) -> Row:
    known = motor_range(motor)
    if known is None:
        words = "not in mongoping's table of Motor"
        return Row("Motor's PyMongo", pymongo, "warn", words, _made())
    needs = known.pymongo
    if known.breaks_from:  # the package allows more, but newer versions break it
        needs = f"{known.pymongo.split(',')[0]},<{known.breaks_from}"
    words = f"Motor {known.series} works with PyMongo {needs}"
    if allows(needs, pymongo):
        return Row("Motor's PyMongo", pymongo, "ok", words, known.source)
    remedy = _install(f"motor=={known.series}.*", f"pymongo{needs}")
    cause = "client.motor-pymongo-mismatch"
    return Row("Motor's PyMongo", pymongo, "fail", words, known.source, cause, remedy)


def _motor_on_python(motor: str, python: str) -> Row | None:
    known = motor_range(motor)
    if known is None:
        return None
    if not allows(known.python, python):
        words = f"Motor {known.series} requires Python {known.python}"
        return Row("Motor's Python", python, "fail", words, known.source)
    oldest, newest = known.python_tested
    words = f"Motor {known.series} was made for Python {oldest} to {newest}"
    status: Status = "ok" if release(series(python)) <= release(newest) else "warn"
    return Row("Motor's Python", python, status, words, known.source)


def _motor_reaches_server(motor: str, server: str) -> Row | None:
    known = motor_range(motor)
    if known is None:
        return None
    oldest, newest = known.servers
    fits = release(oldest) <= release(series(server)) <= release(newest)
    words = f"Motor {known.series} was made for MongoDB {oldest} to {newest}"
    return Row("Motor's MongoDB", server, "ok" if fits else "warn", words, known.source)


def _driver_with_dnspython(pymongo: str, dnspython: str) -> Row | None:
    known = pymongo_range(pymongo) or _nearest(pymongo)
    if known is None or known.dnspython is None:
        return None
    fits = allows(known.dnspython, dnspython)
    words = f"PyMongo {known.series} requires dnspython {known.dnspython} for mongodb+srv"
    remedy = None if fits else _install(f"dnspython{known.dnspython}")
    status: Status = "ok" if fits else "warn"
    return Row("dnspython", dnspython, status, words, known.source, None, remedy)


def _install(*requirements: str) -> Remedy:
    quoted = " ".join(f'"{requirement}"' for requirement in requirements)
    return Remedy(INSTALL, command=f"python -m pip install {quoted}")


def _made() -> str:
    return f"mongoping's own table of {facts().made}"
