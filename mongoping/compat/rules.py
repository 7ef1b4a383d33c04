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
    series = server_series(version)
    if series is None or series.prerelease or series.released is not None:
        return None
    later = (
        server for server in facts().servers if release(server.series) > release(series.series)
    )
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
    series = release(server)
    fitting = [support for support in facts().pymongo if release(support.min_server) <= series]
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
    nearest_range = _nearest(pymongo)
    if nearest_range is None:
        return None
    words = (
        f"not in mongoping's table; compared as PyMongo {nearest_range.series}, the newest in it"
    )
    return Row("PyMongo", pymongo, "warn", words, _installation_hint())


def worst(rows: Sequence[Row]) -> Status:
    """Return the status of the worst row."""
    statuses = {row.status for row in rows}
    return "fail" if "fail" in statuses else "warn" if "warn" in statuses else "ok"


def _driver_reaches_server(pymongo: str, server: str) -> Row:
    driver_range = pymongo_range(pymongo) or _nearest(pymongo)
    if driver_range is None:
        words = f"PyMongo {pymongo} is older than mongoping's table"
        return Row("MongoDB", server, "warn", words, _installation_hint())
    if release(server) < release(driver_range.min_server):
        fitting, pin = newest_pymongo_for(server), pymongo_pin(server)
        words = f"PyMongo {pymongo} needs MongoDB {driver_range.min_server} or newer"
        if fitting and pin:
            words += f"; the newest that reaches {series(server)} is PyMongo {fitting.series}"
        remedy = _install(pin) if pin else None
        cause = "compat.server-too-old"
        return Row("MongoDB", server, "fail", words, driver_range.source, cause, remedy)
    if release(series(server)) > release(driver_range.max_server):
        words = f"PyMongo {pymongo} knows MongoDB up to {driver_range.max_server}; its new features"
        return Row("MongoDB", server, "warn", f"{words} cannot be used", driver_range.source)
    servers = f"MongoDB {driver_range.min_server} to {driver_range.max_server}"
    words = f"PyMongo {driver_range.series} knows {servers}"
    return Row("MongoDB", server, "ok", words, driver_range.source)


def _nearest(pymongo: str) -> PymongoSupport | None:
    """Return the newest series in the table for a PyMongo that is newer than it."""
    newest = newest_pymongo()
    return newest if release(pymongo) > release(newest.series) else None


def _server_life(server: str, today: date) -> Row:
    subject, cause = "MongoDB support", "compat.server-end-of-life"
    series = server_series(server)
    if series is None or series.prerelease:
        what = "a pre-release" if series else "not in mongoping's table of servers"
        return Row(subject, server, "warn", what, _installation_hint())
    source = series.eol_source or series.wire_source
    following = followed_by(server, today)
    if following is not None:
        words = f"out of support; MongoDB {following.series} followed in {following.released}"
        return Row(subject, server, "warn", words, source, cause)
    if series.eol is None:
        return Row(subject, server, "ok", "no end of life published", source)
    if today <= series.eol:
        return Row(subject, server, "ok", f"supported until {series.eol}", source)
    # month only, because February 29 has no anniversary after three years
    until = f"{series.eol:%B} {series.eol.year + facts().promise_years}"
    words = f"end of life on {series.eol}; drivers released after {until} may drop support for it"
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
    driver_range = pymongo_range(pymongo) or _nearest(pymongo)
    stable = next(support for support in facts().pymongo if support.async_api == "stable")
    if driver_range is not None and driver_range.async_api == "stable":
        return Row("Async API", pymongo, "ok", "AsyncMongoClient is stable", driver_range.source)
    source = driver_range.source if driver_range else _installation_hint()
    remedy = _install(f"pymongo>={stable.series}")
    since = f"stable since PyMongo {stable.series} ({stable.released})"
    if driver_range is not None and driver_range.async_api == "beta":
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
    driver_range = pymongo_range(pymongo) or _nearest(pymongo)
    if driver_range is None or driver_range.python is None:
        words = f"PyMongo {pymongo} is older than mongoping's table"
        return Row("Python", python, "warn", words, _installation_hint())
    needs = f"PyMongo {driver_range.series} requires Python {driver_range.python_floor}"
    if not allows(driver_range.python, python):
        fitting = newest_pymongo_on(python)
        remedy = _install(f"pymongo=={fitting.series}.*") if fitting else None
        cause = "client.python-too-old"
        return Row("Python", python, "fail", needs, driver_range.source, cause, remedy)
    if implementation == "PyPy" and driver_range.pypy is False:
        words = f"PyMongo {driver_range.series} no longer supports PyPy"
        return Row("Python", python, "warn", words, driver_range.source)
    if driver_range.python_tested and release(series(python)) > release(
        driver_range.python_tested[1]
    ):
        newest = driver_range.python_tested[1]
        words = f"PyMongo {driver_range.series} was made for Python up to {newest}"
        remedy = Remedy(INSTALL, command="python -m pip install --upgrade pymongo")
        return Row(
            "Python", python, "warn", words, driver_range.source, "client.python-too-new", remedy
        )
    return Row("Python", python, "ok", needs, driver_range.source)


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
    range_of_motor = motor_range(motor)
    if range_of_motor is None:
        words = "not in mongoping's table of Motor"
        return Row("Motor's PyMongo", pymongo, "warn", words, _installation_hint())
    needs = range_of_motor.pymongo
    if range_of_motor.breaks_from:  # the package allows more, but newer versions break it
        needs = f"{range_of_motor.pymongo.split(',')[0]},<{range_of_motor.breaks_from}"
    words = f"Motor {range_of_motor.series} works with PyMongo {needs}"
    if allows(needs, pymongo):
        return Row("Motor's PyMongo", pymongo, "ok", words, range_of_motor.source)
    remedy = _install(f"motor=={range_of_motor.series}.*", f"pymongo{needs}")
    cause = "client.motor-pymongo-mismatch"
    return Row("Motor's PyMongo", pymongo, "fail", words, range_of_motor.source, cause, remedy)


def _motor_on_python(motor: str, python: str) -> Row | None:
    range_of_motor = motor_range(motor)
    if range_of_motor is None:
        return None
    if not allows(range_of_motor.python, python):
        words = f"Motor {range_of_motor.series} requires Python {range_of_motor.python}"
        return Row("Motor's Python", python, "fail", words, range_of_motor.source)
    oldest, newest = range_of_motor.python_tested
    words = f"Motor {range_of_motor.series} was made for Python {oldest} to {newest}"
    status: Status = "ok" if release(series(python)) <= release(newest) else "warn"
    return Row("Motor's Python", python, status, words, range_of_motor.source)


def _motor_reaches_server(motor: str, server: str) -> Row | None:
    range_of_motor = motor_range(motor)
    if range_of_motor is None:
        return None
    oldest, newest = range_of_motor.servers
    fits = release(oldest) <= release(series(server)) <= release(newest)
    words = f"Motor {range_of_motor.series} was made for MongoDB {oldest} to {newest}"
    return Row("Motor's MongoDB", server, "ok" if fits else "warn", words, range_of_motor.source)


def _driver_with_dnspython(pymongo: str, dnspython: str) -> Row | None:
    driver_range = pymongo_range(pymongo) or _nearest(pymongo)
    if driver_range is None or driver_range.dnspython is None:
        return None
    fits = allows(driver_range.dnspython, dnspython)
    words = (
        f"PyMongo {driver_range.series} requires dnspython {driver_range.dnspython} for mongodb+srv"
    )
    remedy = None if fits else _install(f"dnspython{driver_range.dnspython}")
    status: Status = "ok" if fits else "warn"
    return Row("dnspython", dnspython, status, words, driver_range.source, None, remedy)


def _install(*requirements: str) -> Remedy:
    quoted_requirements = " ".join(f'"{requirement}"' for requirement in requirements)
    return Remedy(INSTALL, command=f"python -m pip install {quoted_requirements}")


def _installation_hint() -> str:
    return f"mongoping's own table of {facts().made}"
