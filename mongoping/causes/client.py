"""Causes in the client itself: what is installed, and how a program uses its client.

A run of mongoping finds some of them, because it shares the program's Python if it is
installed in the same environment. The others appear only in the program's own error text, and
are for ``explain``: mongoping uses a client of its own, and correctly.
"""

from __future__ import annotations

from mongoping.causes._installed_packages import (
    INSTALL_COMPRESSORS,
    NODE_COMPRESSORS,
    ONLY_ZLIB,
    compressor_missing,
    dnspython_missing,
    driver_too_old,
    module_shadowed,
    motor_end_of_life,
    motor_mismatch,
    python_too_new,
    python_too_old,
    ssl_missing,
)
from mongoping.causes._machine_limits import fd_limit, no_local_port, no_sockets, resource_limit
from mongoping.causes._program import or_program
from mongoping.causes.compat import COMPATIBILITY, MIGRATION, PYMONGO
from mongoping.model import Cause, Evidence, Remedy
from mongoping.observations import observation

CLIENT = PYMONGO + "connect/mongoclient/"
ULIMIT = "https://www.mongodb.com/docs/manual/reference/ulimit/"


def _clock_skew(evidence: Evidence) -> str | None:
    skews = {str(result.host): result.data.skew_s for result in evidence.of("hello") if result.ok}
    limit = evidence.settings.clock_skew
    off = {name: skew for name, skew in skews.items() if skew is not None and abs(skew) > limit}
    if not off:
        return None
    name = max(off, key=lambda host_: abs(off[host_]))
    side = "ahead of" if off[name] > 0 else "behind"
    return f"this machine's clock is {abs(off[name]):.0f} s {side} that of {name}"


def _ocsp_cost(evidence: Evidence) -> str | None:
    facts = observation(evidence, "import")
    if facts is None or not facts.ocsp_extra:
        return None
    return "pyOpenSSL and service-identity are installed in the environment of PyMongo"


CAUSES = (
    Cause(
        code="client.dnspython-missing",
        title="dnspython is not installed",
        explanation=(
            "A mongodb+srv:// string contains no hosts: PyMongo looks them up in SRV records with "
            "the dnspython package. The Python that runs the program does not have it, perhaps "
            "because pip installed it for another Python."
        ),
        remedies=(
            Remedy(
                "Install it for the program's Python:", command="python -m pip install dnspython"
            ),
            Remedy(
                "Check that the program uses that Python:",
                command='python -c "import sys, dns; print(sys.executable)"',
            ),
            "Use a mongodb:// string, which lists the hosts and needs no SRV lookup.",
        ),
        when=or_program("client.dnspython-missing", dnspython_missing),
        links=(PYMONGO + "connect/connection-targets/",),
        says=(
            r"dnspython\W{1,3} module must be installed",
            r"pip install \S{0,3}pymongo\[srv\]",
            r"No module named \W?dns(?:\.\w{1,60}+)?\b",
        ),
    ),
    Cause(
        code="client.module-shadowed",
        title="A file in your program has the name of a module that PyMongo needs",
        explanation=(
            "Python looks for a module in the folder of the program and on PYTHONPATH first. A "
            "file there with the same name is imported instead of the real module."
        ),
        remedies=(
            "Avoid file names of modules, such as bson.py, dns.py, ssl.py or types.py.",
            Remedy(
                "Find out which file is imported:",
                command='python -c "import bson, dns, ssl; '
                'print(bson.__file__, dns.__file__, ssl.__file__)"',
            ),
            "Delete the __pycache__ folder next to the renamed file.",
        ),
        when=module_shadowed,
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
            "Motor uses internals of PyMongo, so it works only with some of its releases: Motor "
            "3.5 and older with PyMongo before 4.9, Motor 3.6 with 4.9 only, Motor 3.7 with 4.9 "
            "and newer. The metadata of Motor 3.0 to 3.4 does not state it; they fail on import."
        ),
        remedies=(
            Remedy("Upgrade both:", command='python -m pip install --upgrade "motor>=3.7" pymongo'),
            Remedy(
                "See which versions work together:",
                command="mongoping compat --motor 3.3 --pymongo 4.20",
            ),
            "Replace Motor, which is at its end of life, with PyMongo's own AsyncMongoClient.",
        ),
        when=or_program("client.motor-pymongo-mismatch", motor_mismatch),
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
            "critical bugs are fixed, until 2027-05-14. PyMongo has its own async API, "
            "AsyncMongoClient, which is stable since 4.13 and needs no thread pool."
        ),
        remedies=(
            Remedy(
                "Move to PyMongo's async API. Show what to change:",
                command="mongoping snippet migrate PROGRAM.py",
            ),
            Remedy(
                "Install a PyMongo whose async API is stable:",
                command='python -m pip install "pymongo>=4.15.1"',
            ),
        ),
        when=motor_end_of_life,
        links=(MIGRATION,),
        severity="warning",
        says=(r"\bMotor\b[^\n]{0,80}\bdeprecated\b",),
    ),
    Cause(
        code="client.python-ssl-missing",
        title="The program's Python or driver was built without TLS",
        explanation=(
            "OpenSSL and its headers were missing when this Python, or the C library of the "
            "driver, was built. Without them, the driver cannot use TLS, which Atlas requires."
        ),
        remedies=(
            "Use the Python of your distribution, of python.org or of uv, which have the module.",
            Remedy(
                "Check which Python runs the program:",
                command='python -c "import sys, ssl; print(sys.executable, ssl.OPENSSL_VERSION)"',
            ),
            "Install OpenSSL's headers (libssl-dev, openssl-devel), then build Python again.",
        ),
        when=or_program("client.python-ssl-missing", ssl_missing),
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
            "The connection string enables a compression algorithm whose module is not installed. "
            "PyMongo warns and uses the remaining compressors; other drivers refuse to connect."
        ),
        remedies=(
            INSTALL_COMPRESSORS,
            NODE_COMPRESSORS,
            ONLY_ZLIB,
        ),
        when=compressor_missing,
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
            "Each PyMongo release needs a minimum Python: 4.19 and newer need 3.11, 4.11 to 4.18 "
            "need 3.9. For an older Python, pip installs an older PyMongo, or none."
        ),
        remedies=(
            "Run the program with a newer Python.",
            Remedy(
                "Let pip choose the newest PyMongo for this Python:",
                command="python -m pip install --upgrade pymongo",
            ),
            Remedy("See which versions work together:", command="mongoping compat --python 3.9"),
        ),
        when=or_program("client.python-too-old", python_too_old),
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
            "The installed driver is older than this Python. Old releases use functions that newer "
            "Pythons removed, and have no wheel for them, so that pip tries to compile."
        ),
        remedies=(
            Remedy("Upgrade the driver:", command="python -m pip install --upgrade pymongo"),
            Remedy(
                "Run the program with a Python that this driver supports:",
                command="mongoping compat",
            ),
        ),
        when=or_program("client.python-too-new", python_too_new),
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
        title="The driver is too old for what the program uses",
        explanation=(
            "The program uses a class or an option that this version of the driver does not have. "
            "AsyncMongoClient came with PyMongo 4.9 and has been stable since 4.13; the Stable "
            "API came with 3.12. An older PyMongo does not have them."
        ),
        remedies=(
            Remedy(
                "Upgrade the driver:",
                command='python -m pip install --upgrade "pymongo>=4.15.1"',
            ),
            Remedy(
                "Check which PyMongo the program imports:",
                command='python -c "import pymongo; print(pymongo.version, pymongo.__file__)"',
            ),
        ),
        when=or_program("client.driver-too-old", driver_too_old),
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
        awaits="open files to be closed",
        explanation=(
            "Every connection is an open file to the operating system, and each process may open "
            "only a limited number. Usually a program creates a new client for each request, and "
            "each client keeps several sockets open until it is closed."
        ),
        remedies=(
            "Create one client for the program, reuse it, and close what you no longer need.",
            Remedy(
                "Compare the number of open files with the limit (`ulimit -n`):",
                command="ls /proc/PID/fd | wc -l",
            ),
            Remedy(
                "Raise the limit (systemd: LimitNOFILE=64000; Docker: --ulimit "
                "nofile=64000:64000):",
                command="ulimit -n 64000",
            ),
            "If the server's log has the same error, raise mongod's limit to at least 64000.",
        ),
        when=fd_limit,
        links=(ULIMIT, CLIENT),
        says=(r"Too many open files", r"\bE[MN]FILE\b", r"\[Errno 24\]"),
    ),
    Cause(
        code="client.no-local-port",
        title="This machine has no free local port for another connection",
        awaits="a local port to become free",
        explanation=(
            "Each outgoing connection needs a local port. All ports of the range are in use, or "
            "wait in TIME_WAIT after a close. Usually a program opens connections as fast as it "
            "closes them, with a new client for each request."
        ),
        remedies=(
            "Create one client for the program and reuse it: it keeps its connections open.",
            Remedy(
                "Count the connections by state, and look for many in TIME_WAIT:", command="ss -s"
            ),
            Remedy(
                "Widen the range of local ports:",
                command="sudo sysctl -w net.ipv4.ip_local_port_range='1024 65535'",
            ),
        ),
        when=no_local_port,
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
        awaits="memory, buffers or threads to become free",
        explanation=(
            "The operating system refused the program a resource that each connection needs: "
            "memory, a network buffer, or a thread. The server was not asked."
        ),
        remedies=(
            Remedy(
                "Check free memory, and the limits of the container or service:", command="free -m"
            ),
            Remedy(
                "Check the limit on threads and processes (systemd: TasksMax=):",
                command="ulimit -u",
            ),
            "Create one client for the program and reuse it: each has threads or tasks of its own.",
        ),
        when=resource_limit,
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
            "sandbox, a seccomp profile or a restricted runtime allows no network access. "
            "Browsers and edge runtimes have no TCP sockets at all."
        ),
        remedies=(
            "Run the program where network access is allowed, outside the sandbox.",
            "In a web application, use the driver on the server only: not in code for the "
            "browser, and not in an edge function.",
            Remedy(
                "If it is a systemd service, allow AF_INET and AF_INET6:",
                command="systemctl show UNIT -p RestrictAddressFamilies",
            ),
            Remedy(
                "If it is a container, compare with the default seccomp profile:",
                command="docker run --security-opt seccomp=unconfined IMAGE",
            ),
        ),
        when=no_sockets,
        links=(CLIENT,),
    ),
    Cause(
        code="client.clock-skew",
        title="The clocks of client and server differ",
        explanation=(
            "The server reports its time in hello. Each side checks certificates, tickets and "
            "tokens by its own clock, and times in their logs cannot be compared."
        ),
        remedies=(
            Remedy(
                "Synchronize the clocks of both machines:",
                command="sudo timedatectl set-ntp true",
            ),
        ),
        links=("https://www.mongodb.com/docs/manual/administration/production-notes/",),
        when=_clock_skew,
        severity="warning",
        layer="hello",
    ),
    Cause(
        code="client.ocsp-cost",
        title="PyMongo's OCSP packages are installed, and the async API does not use them",
        explanation=(
            "pyOpenSSL and its dependencies double the time of import pymongo (measured: 0.27 s of "
            "CPU without, 0.55 s with, PyMongo 4.20 on Python 3.11). AsyncMongoClient uses only "
            "Python's ssl module, which does not support OCSP."
        ),
        remedies=(
            Remedy(
                "If nothing else needs them, remove them:",
                command="python -m pip uninstall pyopenssl service-identity",
            ),
        ),
        links=(PYMONGO + "security/tls/",),
        when=_ocsp_cost,
        severity="info",
    ),
    Cause(
        code="client.event-loop-mismatch",
        title="The client is used in a different event loop",
        explanation=(
            "An AsyncMongoClient and its connections belong to the event loop in which the client "
            "was first used. A second asyncio.run, a test with its own loop or a worker thread "
            "cannot use it, and once its loop is closed, it cannot be used at all."
        ),
        remedies=(
            "Create the client inside the coroutine that asyncio.run starts, and close it there, "
            "with `async with AsyncMongoClient(uri) as client`.",
            "In a web application, create it when the application starts and close it when it "
            "stops (FastAPI: lifespan), not when the module is imported.",
            "In tests, use one loop for the client and the tests (pytest-asyncio: loop_scope on "
            "the fixture and on the tests).",
        ),
        links=(CLIENT, MIGRATION),
        alternatives=("client.closed",),
        says=(
            r"Cannot use AsyncMongoClient in different event loop",
            r"attached to a different (?:event )?loop",
            r"is bound to a different event loop",
            r"Event loop is closed",
        ),
    ),
    Cause(
        code="client.closed",
        title="The client was closed before it was used",
        explanation=(
            "The program closed its client, or left the block that closes it, and then used it "
            "again. A closed client cannot be reopened; nothing is wrong with the server."
        ),
        remedies=(
            "Create one client when the program starts, and close it when the program ends, not "
            "after each operation.",
            "Await every operation before you close the client: without await, close() runs first.",
        ),
        links=(CLIENT,),
        alternatives=("client.event-loop-mismatch",),
        says=(
            r"Cannot use (?:Async)?MongoClient after close",
            r"Topology is closed",
            r"Mongo(?:Topology|Pool|Client)ClosedError",
            r"client must be connected before running operations",
            r"check out a connection from closed connection pool",
            r"\bclient is disconnected\b",
            r"IllegalStateException: state should be: (?:server session pool is )?open",
            r"Cannot access a disposed object[\s\S]{0,200}Mongo",
            r"(?#likely)(?:[Tt]opology|pool) (?:was|is|has been) destroyed",
            r"Cannot use a session that has ended",
            r"MongoNotConnectedError",
        ),
    ),
    Cause(
        code="client.fork-unsafe",
        title="The client was created before the process forked",
        explanation=(
            "The sockets, locks and monitoring threads of a client do not survive a fork. In the "
            "child, it can hang or find no server. Gunicorn with preload, Celery, uWSGI and "
            "multiprocessing fork."
        ),
        remedies=(
            "Create the client in the child: Gunicorn's post_fork hook, Celery's "
            "worker_process_init signal, uWSGI's @postfork.",
            'Start child processes with multiprocessing.set_start_method("spawn").',
        ),
        links=(CLIENT,),
        says=(
            r"(?#likely)MongoClient opened before fork",
            r"(?#likely)not be entirely fork-safe",
            r"(?#possible)connection pool paused",
        ),
    ),
    Cause(
        code="client.bson-conflict",
        title="Another package called bson replaces PyMongo's",
        explanation=(
            "PyMongo includes its own bson package. The package that `pip install bson` installs is "
            "a different one, and overwrites all or part of it."
        ),
        remedies=(
            Remedy(
                "Remove both, then install only PyMongo:",
                command="python -m pip uninstall -y bson pymongo && python -m pip install pymongo",
            ),
            Remedy(
                "Remove bson from the requirements, including those of the packages under "
                "Required-by:",
                command="python -m pip show bson",
            ),
            Remedy(
                "Check whether your program has a file or folder called bson:",
                command='python -c "import bson; print(bson.__file__)"',
            ),
        ),
        when=or_program("client.bson-conflict"),
        links=(PYMONGO + "get-started/",),
        says=(
            r"\bbson\.py3compat\b",
            r"cannot import name \W?(?:InvalidBSON|EPOCH_AWARE|BSON|SON|ObjectId|Int64)\b",
            r"cannot import name \W?(?:json_util|CodecOptions|_dict_to_bson)\b",
            r"cannot import name \W?\w{1,60}+\W? from (?:partially initialized module )?\W?bson\b",
            r"module \W?bson\W? has no attribute",
            r"No module named \W?(?:bson\.\w{1,60}+|objectid)\b",
        ),
    ),
    Cause(
        code="client.http-to-mongodb",
        title="A browser or an HTTP client connected to the MongoDB port",
        explanation=(
            "mongod answers an HTTP request with this sentence: it is running, but speaks its own "
            "protocol. Browsers, curl, HTTP health checks of load balancers and metrics scrapers "
            "cannot use its port."
        ),
        remedies=(
            Remedy(
                "Connect with a driver, mongosh or mongoping:",
                command="mongoping check mongodb://HOST:27017",
            ),
            Remedy(
                "For health checks of proxies and orchestrators, use TCP or a command:",
                command="mongoping check mongodb://HOST:27017 --quiet",
            ),
        ),
        links=("https://www.mongodb.com/docs/manual/reference/connection-string/",),
        says=(
            r"trying to access MongoDB over HTTP|HTTP request over a native MongoDB connection",
            r"⟨says (?:GET|POST|PUT|HEAD|OPTI)[^⟩\n]{0,2}⟩",
        ),
    ),
)
