"""Faults of the client itself: what is installed, and how a program uses its client.

Some show in a run of mongoping, which shares the program's Python when it is installed
beside it. The others show only in the program's own error text, and are for ``explain``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mongoping.causes.compat import COMPATIBILITY, MIGRATION, PYMONGO, at_worst, said
from mongoping.model import Cause, Evidence, Failure, Match, Result
from mongoping.observations import observation

CLIENT = PYMONGO + "connect/mongoclient/"
ULIMIT = "https://www.mongodb.com/docs/manual/reference/ulimit/"
FULL = ("EMFILE", "ENFILE")
MAX_NAMED = 4  # hosts in one sentence


def _dnspython_missing(evidence: Evidence, host: Any) -> str | None:
    failure = evidence.failure("srv")
    if failure is None or failure.kind != "dependency-missing":
        return None
    return "SRV records cannot be looked up, since dnspython is not installed in this Python"


def _module_shadowed(evidence: Evidence, host: Any) -> Match | None:
    """An import error that points to a file of the user, as `mongoping.shadowing` finds it."""
    for result in evidence.results:
        failure = result.failure
        if failure is None or not failure.facts.get("shadowed_by"):
            continue
        file, module = failure.facts["shadowed_by"], failure.facts.get("module")
        renamed = f"{str(file).removesuffix('.py')}_.py" if str(file).endswith(".py") else file
        return Match(
            f"{file} is imported instead of the module {module}: {failure.message}",
            (f"Rename the file, and delete the __pycache__ folder beside it: mv {file} {renamed}",),
            explains=(result.check,),
        )
    return None


def _motor_end_of_life(evidence: Evidence, host: Any) -> Match | None:
    return said(evidence, "client.motor-end-of-life", subject="Motor ", severity="warning")


def _motor_mismatch(evidence: Evidence, host: Any) -> Match | None:
    """A warning in a run: mongoping itself goes without Motor."""
    code = "client.motor-pymongo-mismatch"
    return said(evidence, code, subject="PyMongo ", severity="warning")


def _python_too_old(evidence: Evidence, host: Any) -> Match | None:
    code = "client.python-too-old"
    return said(evidence, code, subject="Python ", severity=at_worst(evidence))


def _python_too_new(evidence: Evidence, host: Any) -> Match | None:
    """A warning in a run: a newer Python than the driver names mostly works."""
    return said(evidence, "client.python-too-new", subject="Python ", severity="warning")


def _driver_too_old(evidence: Evidence, host: Any) -> Match | None:
    code = "client.driver-too-old"
    return said(evidence, code, subject="PyMongo ", severity=at_worst(evidence))


def _ssl_missing(evidence: Evidence, host: Any) -> str | None:
    seen = observation(evidence, "compat")
    if seen is None or seen.openssl is not None or not evidence.tls:
        return None
    return f"{seen.implementation} {seen.python} has no ssl module, and this string asks for TLS"


def _compressor_missing(evidence: Evidence, host: Any) -> Match | None:
    """A warning in a run: PyMongo leaves the compressor out and goes on."""
    seen = observation(evidence, "compat")
    if seen is None or not seen.compressors_missing:
        return None
    names = seen.compressors_missing
    extras = [name for name in names if name != "zlib"]
    install = f'python -m pip install "pymongo[{",".join(extras)}]"'
    detail = f"compressors={','.join(names)} is asked for, and no module for it is installed"
    return Match(detail, (install,) if extras else (), severity="warning")


def _limit(evidence: Evidence, kind: str, words: str) -> Match | None:
    """Match a limit of this machine, in whatever check it was met."""
    met: dict[str, Failure] = {}
    for result in evidence.results:
        for host, failure in _failures(result):
            if failure.kind == kind or (kind == "fd-limit" and failure.errno in FULL):
                met.setdefault(host or result.host or f"the {result.check} check", failure)
    if not met:
        return None
    failure = next(iter(met.values()))
    where = ", ".join(list(met)[:MAX_NAMED])
    more = f" and {len(met) - MAX_NAMED} more" if len(met) > MAX_NAMED else ""
    symbol = f" ({failure.errno})" if failure.errno else ""
    hosts = tuple(str(host) for host in evidence.hosts if str(host) in met)
    stopped = [name for name in ("auth", "ping") if evidence.failure(name) in met.values()]
    severity = None if stopped else at_worst(evidence)
    return Match(f"{words} {where}{more}{symbol}", severity=severity, hosts=hosts)


def _failures(result: Result) -> Iterator[tuple[str | None, Failure]]:
    """Yield the failure of a check, those of single addresses, and those the driver had."""
    if result.failure is not None:
        yield None, result.failure
    for attempt in getattr(result.data, "attempts", ()) if result.check == "tcp" else ():
        if attempt.failure is not None and attempt.driver:
            yield None, attempt.failure
    if result.check == "driver":
        yield from getattr(result.data, "failures", {}).items()


def _fd_limit(evidence: Evidence, host: Any) -> Match | None:
    return _limit(evidence, "fd-limit", "no further file or socket could be opened for")


def _no_local_port(evidence: Evidence, host: Any) -> Match | None:
    return _limit(evidence, "no-local-port", "no local port was free for a connection to")


def _resource_limit(evidence: Evidence, host: Any) -> Match | None:
    return _limit(evidence, "resource-limit", "the system had no memory, buffer or thread left for")


def _no_sockets(evidence: Evidence, host: Any) -> Match | None:
    return _limit(evidence, "no-sockets", "the system did not allow a socket for")


def _clock_skew(evidence: Evidence, host: Any) -> str | None:
    skews = {str(one.host): one.data.skew_s for one in evidence.of("hello") if one.ok}
    limit = evidence.settings.clock_skew
    off = {name: skew for name, skew in skews.items() if skew is not None and abs(skew) > limit}
    if not off:
        return None
    name = max(off, key=lambda one: abs(off[one]))
    side = "ahead of" if off[name] > 0 else "behind"
    return f"this machine's clock is {abs(off[name]):.0f} s {side} that of {name}"


def _ocsp_cost(evidence: Evidence, host: Any) -> str | None:
    seen = observation(evidence, "import")
    if seen is None or not seen.ocsp_extra:
        return None
    return "pyOpenSSL and service-identity are installed beside PyMongo"


CAUSES = (
    Cause(
        code="client.dnspython-missing",
        title="dnspython is not installed",
        explanation=(
            "A mongodb+srv:// string names no host: the hosts stand in SRV records, and PyMongo "
            "looks them up with the dnspython package. It is missing from the Python that runs "
            "the program, which need not be the one that pip installed into."
        ),
        remedies=(
            "Install it with the program's own Python: python -m pip install dnspython",
            "Make sure that it is the same Python: "
            'python -c "import sys, dns; print(sys.executable)"',
            "Or use a mongodb:// string, which names the hosts itself and needs no SRV lookup.",
        ),
        when=_dnspython_missing,
        links=(PYMONGO + "connect/connection-targets/",),
        says=(
            r"dnspython\W{1,3} module must be installed",
            r"pip install \S{0,3}pymongo\[srv\]",
            r"No module named \W?dns(?:\.\w{1,60}+)?\b",
        ),
    ),
    Cause(
        code="client.module-shadowed",
        title="A file of your own has the name of a module that PyMongo needs",
        explanation=(
            "Python looks for a module in the folder of the program and on PYTHONPATH first. A "
            "file there with the same name is imported instead of the real module."
        ),
        remedies=(
            "Choose names for your files that no module has; avoid bson.py, dns.py, ssl.py, "
            "types.py and the like.",
            "Find out which file is imported: "
            'python -c "import bson, dns, ssl; print(bson.__file__, dns.__file__, ssl.__file__)"',
        ),
        when=_module_shadowed,
        links=(PYMONGO + "get-started/",),
        says=(
            r"consider renaming \S{1,300} since it has the same name as",
            r"'(?:bson|dns|pymongo|gridfs)' is not a package",
        ),
    ),
    Cause(
        code="client.motor-pymongo-mismatch",
        title="This Motor does not work with this PyMongo",
        explanation=(
            "Motor reaches into PyMongo and works with some of its series only: Motor 3.5 and "
            "older with PyMongo before 4.9, Motor 3.6 with 4.9 alone, Motor 3.7 with 4.9 and "
            "newer. Motor 3.0 to 3.4 do not say so in their metadata, and fail when imported."
        ),
        remedies=(
            'Take the newest of both: python -m pip install --upgrade "motor>=3.7" pymongo',
            "See which go together: mongoping compat --motor 3.3 --pymongo 4.20",
            "Or leave Motor, which is at its end of life, for PyMongo's own AsyncMongoClient.",
        ),
        when=_motor_mismatch,
        links=(MIGRATION, COMPATIBILITY),
        says=(
            r"cannot import name \W?_QUERY_OPTIONS\b",
            r"\bmotor[/\\][\w/\\]{1,80}+\.py\b[\s\S]{0,600}ImportError: cannot import name",
            r"\bmotor \(?[\d.]{1,12}+\)? (?:requires|depends on|has requirement) pymongo\b",
        ),
    ),
    Cause(
        code="client.motor-end-of-life",
        title="Motor is at its end of life",
        explanation=(
            "Motor was deprecated on 2025-05-14 and reached its end of life on 2026-05-14. Only "
            "critical faults are mended, until 2027-05-14. PyMongo has an async API of its own: "
            "AsyncMongoClient, stable since 4.13, without Motor's thread pool."
        ),
        remedies=(
            "Replace motor.motor_asyncio.AsyncIOMotorClient by pymongo.AsyncMongoClient, await "
            "client.close() and coll.aggregate(...), and do not await client.start_session().",
            'Install a PyMongo whose async API is stable: python -m pip install "pymongo>=4.15.1"',
        ),
        when=_motor_end_of_life,
        links=(MIGRATION,),
        severity="warning",
        says=(r"\bMotor\b[^\n]{0,80}\bdeprecated\b",),
    ),
    Cause(
        code="client.python-ssl-missing",
        title="This Python was built without TLS",
        explanation=(
            "The Python that runs the program has no ssl module: OpenSSL and its headers were "
            "missing when it was built. Without it no driver can use TLS, which Atlas demands."
        ),
        remedies=(
            'Make sure that it is this Python: python -c "import ssl; print(ssl.OPENSSL_VERSION)"',
            "Install OpenSSL's headers (Debian: apt-get install libssl-dev; Fedora: "
            "dnf install openssl-devel), then build Python again.",
            "Or use a Python of the distribution, of python.org or of uv: they have the module.",
        ),
        when=_ssl_missing,
        links=(PYMONGO + "security/tls/",),
        says=(
            r"\bssl module (?:in Python )?is not available",
            r"No module named \W?_?ssl\b",
            r"Can't connect to HTTPS URL because the SSL module is not available",
        ),
    ),
    Cause(
        code="client.compressor-missing",
        title="The module for a compressor is missing",
        explanation=(
            "The connection string asks for compression with an algorithm that this program has "
            "no module for. PyMongo warns and goes on with the compressors that are left; other "
            "drivers refuse to connect."
        ),
        remedies=(
            'For PyMongo: python -m pip install "pymongo[snappy,zstd]"',
            "For Node.js: npm install snappy @mongodb-js/zstd",
            "Or ask for zlib, which needs nothing: compressors=zlib",
        ),
        when=_compressor_missing,
        links=(PYMONGO + "connect/connection-options/network-compression/",),
        says=(
            r"compression with \w{1,30}+ is not available",
            r"You must install the (?:python-snappy|zstandard|backports\.zstd) module",
            r"Optional module \W?(?:snappy|@mongodb-js/zstd|zstd)\W? not found",
            r"NoClassDefFoundError[^\n]{0,80}(?:xerial/snappy|luben/zstd|xerial\.snappy|luben\.zstd)",
        ),
    ),
    Cause(
        code="client.python-too-old",
        title="This Python is too old for the driver",
        explanation=(
            "Each PyMongo series asks for a Python of some age: 4.19 and newer for 3.11, 4.11 to "
            "4.18 for 3.9. An older Python gets an older PyMongo from pip, or none at all."
        ),
        remedies=(
            "Run the program with a newer Python.",
            "Or let pip choose the newest PyMongo for this one: "
            "python -m pip install --upgrade pymongo",
            "See what goes together: mongoping compat --python 3.9",
        ),
        when=_python_too_old,
        links=(COMPATIBILITY,),
        says=(
            r"\b(?:pymongo|motor)\b[^\n]{0,120}requires a different Python",
            r"requires a different Python version[^\n]{0,400}\b(?:pymongo|motor)\b",
            r"No matching distribution found for (?:pymongo|motor)\b",
        ),
    ),
    Cause(
        code="client.python-too-new",
        title="This Python is newer than the driver",
        explanation=(
            "The installed driver was released before this Python. Old releases use what later "
            "Pythons no longer have, and have no wheel for them, so that pip tries to compile."
        ),
        remedies=(
            "Upgrade the driver: python -m pip install --upgrade pymongo",
            "Or run the program with the Python that this driver was made for: mongoping compat",
        ),
        when=_python_too_new,
        links=(COMPATIBILITY,),
        says=(
            r"\b(?:pymongo|bson|motor)\b[\s\S]{0,400}module \W?collections\W? has no attribute",
            r"\b(?:pymongo|bson|motor)\b[\s\S]{0,200}"
            r"cannot import name \W?\w{1,60}+\W? from \W?collections\b",
            r"module \W?asyncio\W? has no attribute \W?coroutine\b",
            r"module \W?ssl\W? has no attribute \W?(?:match_hostname|wrap_socket)\b",
            r"cannot import name \W?match_hostname\b",
            r"Failed (?:building wheel for|to build) pymongo\b",
        ),
    ),
    Cause(
        code="client.driver-too-old",
        title="The driver is too old for what the program asks of it",
        explanation=(
            "AsyncMongoClient came with PyMongo 4.9 and has been stable since 4.13; the Stable "
            "API came with 3.12. An older PyMongo does not know them."
        ),
        remedies=(
            'Upgrade the driver: python -m pip install --upgrade "pymongo>=4.15.1"',
            "Make sure that the program uses what pip has installed: "
            'python -c "import pymongo; print(pymongo.version, pymongo.__file__)"',
        ),
        when=_driver_too_old,
        links=(COMPATIBILITY, PYMONGO + "reference/release-notes/"),
        says=(
            r"cannot import name \W?(?:AsyncMongoClient|ServerApi)\b",
            r"has no attribute \W?AsyncMongoClient\b",
            r"No module named \W?pymongo\.(?:server_api|asynchronous)\b",
            r"(?:Unknown option|unexpected keyword argument) \W?server_api\b",
        ),
    ),
    Cause(
        code="client.fd-limit",
        title="The process may not open any more files or sockets",
        explanation=(
            "Every connection is an open file to the operating system, and each process may open "
            "only a limited number. Usually a program creates a new client for each request, and "
            "each client keeps several sockets open until it is closed."
        ),
        remedies=(
            "Create one client for the program, reuse it, and close what you no longer need.",
            "Compare the number of open files with the limit (`ulimit -n`): ls /proc/PID/fd | wc -l",
            "Raise the limit (systemd: LimitNOFILE=64000; Docker: --ulimit nofile=64000:64000): "
            "ulimit -n 64000",
            "If the server's log has the same error, raise mongod's limit to at least 64000.",
        ),
        when=_fd_limit,
        links=(ULIMIT, CLIENT),
        says=(r"Too many open files", r"\bE[MN]FILE\b", r"\[Errno 24\]"),
    ),
    Cause(
        code="client.no-local-port",
        title="This machine has no free local port for another connection",
        explanation=(
            "Each outgoing connection needs a local port. All ports of the range are in use, or "
            "wait in TIME_WAIT after a close. Usually a program opens connections as fast as it "
            "closes them, with a new client for each request."
        ),
        remedies=(
            "Create one client for the program and reuse it: it keeps its connections open.",
            "Count the connections by state, and look for many in TIME_WAIT: ss -s",
            "Widen the range of local ports: "
            "sudo sysctl -w net.ipv4.ip_local_port_range='1024 65535'",
        ),
        when=_no_local_port,
        links=(CLIENT,),
        says=(
            r"(?#likely)\bEADDRNOTAVAIL\b(?! [0-9a-f]{0,4}:[0-9a-f]{0,4}:)",
            r"(?#possible)Cannot assign requested address",
            r"Only one usage of each socket address|\bWSAEADDRINUSE\b|WinError 10048",
            r"connect: (?:can't|cannot) assign requested address",
        ),
    ),
    Cause(
        code="client.resource-limit",
        title="This machine has no memory, buffers or threads left for the program",
        explanation=(
            "The operating system refused the program a resource that each connection needs: "
            "memory, a network buffer, or a thread. The server was not asked."
        ),
        remedies=(
            "Check how much memory is free, and which limits the container or service has: free -m",
            "Check the limit on threads and processes (systemd: TasksMax=): ulimit -u",
            "Create one client for the program and reuse it: each has threads or tasks of its own.",
        ),
        when=_resource_limit,
        links=(ULIMIT,),
        says=(
            r"\bENOBUFS\b|No buffer space available|lacked sufficient buffer space|WinError 10055",
            r"(?#likely)can't start new thread",
        ),
    ),
    Cause(
        code="client.no-sockets",
        title="This environment does not let a program open sockets",
        explanation=(
            "The operating system refused the socket itself, before any address was used: a "
            "sandbox, a seccomp profile or a restricted runtime allows no network access."
        ),
        remedies=(
            "Run the program where network access is allowed, outside the sandbox.",
            "If it is a systemd service, allow AF_INET and AF_INET6: "
            "systemctl show UNIT -p RestrictAddressFamilies",
            "If it is a container, compare with the default seccomp profile: "
            "docker run --security-opt seccomp=unconfined IMAGE",
        ),
        when=_no_sockets,
        links=(CLIENT,),
    ),
    Cause(
        code="client.clock-skew",
        title="The clocks of client and server differ",
        explanation=(
            "The server states its time in hello. Certificates, tickets and tokens are judged by "
            "each side's own clock, and times in logs of the two cannot be compared."
        ),
        remedies=("Let both machines keep time: timedatectl set-ntp true, or chrony.",),
        links=("https://www.mongodb.com/docs/manual/administration/production-notes/",),
        when=_clock_skew,
        severity="warning",
        layer="hello",
    ),
    Cause(
        code="client.ocsp-cost",
        title="PyMongo's OCSP packages are installed, and the async API does not use them",
        explanation=(
            "pyOpenSSL and what it needs double the time of import pymongo (measured: 0.27 s of CPU "
            "without, 0.55 s with, PyMongo 4.20 on Python 3.11). AsyncMongoClient uses the ssl "
            "module of Python alone, which knows no OCSP."
        ),
        remedies=("If nothing else needs them: pip uninstall pyopenssl service-identity",),
        links=(PYMONGO + "security/tls/",),
        when=_ocsp_cost,
        severity="info",
    ),
)
