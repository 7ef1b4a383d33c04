"""Run in another Python: list what it has, or ping a deployment with its PyMongo.

mongoping never imports this file. `mongoping.interpreter.session` sends its text to the other
Python, which may be as old as 3.6 and have nothing but its standard library. Each answer is a line
of JSON after the token of the request; anything else that the other Python prints is noise.

The request has ``token`` and either ``packages``, for the inventory, or what a ping needs:
``uri``, ``seconds``, ``limits_ms``, ``server_api``, ``api_required`` (whether the user asked for
the Stable API), ``mongoping`` (its version) and ``default_cas`` (whether the connection uses TLS,
and trusts the CAs that Python trusts by default). With ``serve``, requests for pings follow, each
on a line with its own ``token``.
"""

import json
import os
import sys

REQUEST = globals().get("REQUEST", {})  # set by the line that starts this script
FIRST = globals().get("FIRST", set())  # the modules that Python loads before any program
MAX_TEXT = 4000
MAX_LINKS = 6  # of a chain of exceptions
MAX_WARNINGS = 5
PART = 400  # characters; a pipe takes at least 512 bytes at once (POSIX)
POLL_S = 0.02
SELECTION_MS = 1000  # once every server has answered or failed


def answer(kind, document, token=None):
    """Write one line of JSON, even if ``sys.stdout`` was replaced.

    Processes that share a pipe write parts, each small enough to arrive in one piece, and a dot.
    """
    lines = [json.dumps({kind: document})]
    if REQUEST.get("shared"):
        starts = range(0, len(lines[0]), PART)
        lines = ["+" + lines[0][start : start + PART] for start in starts] + ["."]
    for line in lines:
        data = ("\n%s %s\n" % (token or REQUEST["token"], line)).encode("ascii")
        while data:
            data = data[os.write(1, data) :]


def version_of(name):
    """Return the version of an installed distribution, or None."""
    try:
        from importlib import metadata
    except ImportError:  # before Python 3.8
        try:
            import pkg_resources

            return pkg_resources.get_distribution(name).version
        except Exception:
            return None
    try:
        return metadata.version(name)
    except Exception:
        return None


def origin_of(name):
    """Return the file of a module that can be imported, True for one without a file, or None."""
    from importlib.util import find_spec

    try:
        spec = find_spec(name)
    except Exception:
        return None
    return None if spec is None else (spec.origin or True)


def inventory():
    """Return what this Python has."""
    found = {
        "version": "%d.%d.%d" % sys.version_info[:3],
        "implementation": sys.implementation.name,
        "packages": dict((name, version_of(name)) for name in REQUEST["packages"]),
        "pymongo_file": origin_of("pymongo"),
        "has_pip": origin_of("pip") is not None,
        "has_ensurepip": origin_of("ensurepip") is not None and sys.prefix != sys.base_prefix,
        "library": os.path.dirname(os.path.abspath(os.__file__)),
    }
    try:
        found.update(trust())
    except Exception as error:
        found["ssl_error"] = str(error)[:MAX_TEXT]
    try:
        import certifi

        found["certifi_file"] = certifi.where()
    except Exception:
        found["certifi_file"] = None
    return found


def trust():
    """Return the OpenSSL of this Python, and the CAs that it trusts by default."""
    import hashlib
    import ssl

    found = {"openssl": ssl.OPENSSL_VERSION}
    paths = ssl.get_default_verify_paths()
    found.update(ca_file=paths.cafile, ca_folder=paths.capath)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_default_certs()
    certificates = sorted(context.get_ca_certs(binary_form=True))
    names = [] if certificates else sorted(hashes(paths))
    digest = hashlib.sha256(b"".join(certificates) + "\n".join(names).encode())
    found["store_digest"] = digest.hexdigest()
    found["store_count"] = len(certificates) + len(names)
    return found


def hashes(paths):
    """Return the names of the certificates in the folders that OpenSSL reads on demand."""
    found = []
    folders = os.environ.get(paths.openssl_capath_env) or paths.capath or ""
    for folder in folders.split(os.pathsep):
        try:
            names = os.listdir(folder)
        except OSError:
            continue
        for name in names:
            stem, _, number = name.partition(".")
            if len(stem) == 8 and number.isdigit():
                found.append(name)
    return found


def facts_of(error):
    """Return the facts of an exception and of those that led to it."""
    facts = {"type": type(error).__name__, "message": str(error)[:MAX_TEXT], "types": []}
    facts["file"] = file_of(error)
    while error is not None and len(facts["types"]) < MAX_LINKS:
        facts["types"].append(type(error).__name__)
        error = error.__cause__ or error.__context__
    return facts


def file_of(error):
    """Return the file that an error of an import points to, or None."""
    for name in ("path", "filename"):
        value = getattr(error, name, None)
        if isinstance(value, str):
            return value
    owner = getattr(error, "obj", None)
    if isinstance(owner, type(sys)):
        return getattr(owner, "__file__", None)
    name = getattr(error, "name", None)
    if isinstance(error, ImportError) and isinstance(name, str):
        loaded = sys.modules.get(name.partition(".")[0])
        if getattr(loaded, "__file__", None):
            return loaded.__file__
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    return None if frame is None else frame.tb_frame.f_code.co_filename


def verify_code_of(address, left_s):
    """Return why OpenSSL rejects the certificate of a server, or None.

    PyMongo reports it only in words. This is a handshake with the CAs that Python trusts by
    default, as PyMongo makes one without tlsCAFile.
    """
    import socket
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_default_certs()
    connection = socket.create_connection(address, max(left_s, POLL_S))
    try:
        context.wrap_socket(connection, server_hostname=address[0]).close()
    except ssl.SSLError as error:
        return getattr(error, "verify_code", None)
    finally:
        connection.close()
    return None


class Discovery:
    """The first failure of each server."""

    def __init__(self):
        from pymongo.monitoring import ServerHeartbeatListener

        failures = self.failures = {}

        class Listener(ServerHeartbeatListener):
            def started(self, event):
                pass

            def succeeded(self, event):
                pass

            def failed(self, event):
                failures.setdefault(event.connection_id, event.reply)

        self.listener = Listener()

    def is_over(self, client):
        """Return whether a server is known, or all have failed."""
        if hasattr(type(client), "topology_description"):
            topology = client.topology_description
        else:  # before PyMongo 4.0
            topology = client._topology.description
        servers = topology.server_descriptions()
        if any(server.is_server_type_known for server in servers.values()):
            return True
        return bool(servers) and all(address in self.failures for address in servers)


def options_of(discovery, left_s):
    """Return the arguments of a client in addition to the connection string."""
    left_ms = max(int(left_s * 1000), 1)
    options = {
        "serverSelectionTimeoutMS": min(SELECTION_MS, left_ms),
        "event_listeners": [discovery.listener],
    }
    for name, value in REQUEST["limits_ms"].items():
        options[name] = max(min(value, left_ms), 1)
    if REQUEST["server_api"] is not None:
        try:
            from pymongo.server_api import ServerApi
        except ImportError:  # before PyMongo 3.12
            if REQUEST["api_required"]:
                raise
        else:
            options["server_api"] = ServerApi(**REQUEST["server_api"])
    return options


def try_sync(facts, until):
    """Ping with MongoClient."""
    import time

    from pymongo import MongoClient
    from pymongo.driver_info import DriverInfo
    from pymongo.read_preferences import ReadPreference

    facts["step"] = "create"
    discovery = Discovery()
    try:
        options = options_of(discovery, until - time.time())
        options["driver"] = DriverInfo("mongoping", REQUEST["mongoping"])
        client = MongoClient(REQUEST["uri"], **options)
        facts["step"] = "connect"
        while time.time() < until and not discovery.is_over(client):
            time.sleep(POLL_S)
        facts["step"] = "ping"
        preference = ReadPreference.PRIMARY_PREFERRED
        client.admin.command("ping", read_preference=preference)
        started = time.time()
        client.admin.command("ping", read_preference=preference)
        facts["ping_ms"] = (time.time() - started) * 1000
    except Exception:
        for address, failure in list(discovery.failures.items())[:1]:
            facts["server_error"] = facts_of(failure)
            if REQUEST["default_cas"] and isinstance(address[1], int):
                facts["verify_code"] = verify_code_of(address, until - time.time())
        raise


def try_motor(facts, until):
    """Ping with Motor, which uses the MongoClient of PyMongo in threads."""
    import asyncio
    import time

    from motor.motor_asyncio import AsyncIOMotorClient
    from pymongo.read_preferences import ReadPreference

    async def ping():
        facts["step"] = "create"
        options = options_of(Discovery(), until - time.time())
        options["serverSelectionTimeoutMS"] = max(int((until - time.time()) * 1000), 1)
        client = AsyncIOMotorClient(REQUEST["uri"], io_loop=loop, **options)
        facts["step"] = "ping"
        preference = ReadPreference.PRIMARY_PREFERRED
        await client.admin.command("ping", read_preference=preference)
        started = time.time()
        await client.admin.command("ping", read_preference=preference)
        facts["ping_ms"] = (time.time() - started) * 1000

    loop = asyncio.new_event_loop()
    loop.run_until_complete(ping())


def attempt(client, function, until):
    """Let one client ping, report what became of it, and return whether it works."""
    facts = {"client": client, "step": "import", "error": None}
    try:
        function(facts, until)
    except Exception as error:
        facts["error"] = facts_of(error)
    answer("attempt", facts)
    return facts["error"] is None


def load():
    """Import PyMongo and report it; return whether that worked."""
    facts = {"error": None}
    try:
        import pymongo
        import pymongo.errors
        from pymongo import common

        facts["version"] = pymongo.version
        facts["min_wire"] = common.MIN_SUPPORTED_WIRE_VERSION
        facts["max_wire"] = common.MAX_SUPPORTED_WIRE_VERSION
    except Exception as error:
        facts["error"] = facts_of(error)
    answer("import", facts)
    return facts["error"] is None


def shadows():
    """Return the files in the current folder that a program there would import.

    They have the names of modules that PyMongo has loaded. This script does not search that folder.
    """
    found = []
    for name in sorted(set(name.partition(".")[0] for name in sys.modules) - FIRST):
        for file in (name + ".py", os.path.join(name, "__init__.py")):
            if os.path.isfile(file):
                found.append(os.path.abspath(file))
    return found


def connect():
    """Try each client of this Python, and report what PyMongo warns about."""
    import threading
    import time
    import warnings

    until = time.time() + REQUEST["seconds"]
    # if mongoping itself was killed
    orphaned = threading.Timer(REQUEST["seconds"] + 1, os._exit, (1,))
    orphaned.daemon = True
    orphaned.start()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        if load() and attempt("MongoClient", try_sync, until) and origin_of("motor") is not None:
            attempt("AsyncIOMotorClient", try_motor, until)
    found = [
        str(warning.message)[:MAX_TEXT] for warning in caught if warning.category is UserWarning
    ]
    answer("shadows", shadows())
    answer("warnings", sorted(set(found))[:MAX_WARNINGS])


def serve():
    """Answer each request from standard input in a separate process, until the input ends."""
    import signal

    global REQUEST
    if sys.platform == "win32":  # which cannot fork
        return
    tokens, ended = {}, set()

    def reap(*_):
        pid = 1
        while pid:
            try:
                pid = os.waitpid(-1, os.WNOHANG)[0]
            except OSError:  # there is none
                pid = 0
            ended.add(pid)
        for pid in ended & set(tokens):
            ended.discard(pid)
            token = tokens.pop(pid, None)  # a signal may have been handled in between
            if token is not None:
                answer("gone", True, token)

    load()  # once for all requests; nothing has this token
    signal.signal(signal.SIGCHLD, reap)
    for line in iter(sys.stdin.readline, ""):
        request = json.loads(line)
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            REQUEST = request
            connect()
            return
        tokens[pid] = request["token"]
        reap()
    os._exit(0)


if REQUEST:
    if "serve" in REQUEST:
        serve()
    elif "uri" in REQUEST:
        connect()
    else:
        answer("inventory", inventory())
    answer("end", True)
    os._exit(0)  # no thread of the driver, and nothing at exit, may delay the end
