"""What a program does wrong with its client: a text alone can show it, and no connection.

They are for ``explain``: a run of mongoping uses a client of its own, as it is meant to be used.
"""

from __future__ import annotations

from mongoping.causes.client import CLIENT
from mongoping.causes.compat import MIGRATION, PYMONGO
from mongoping.model import Cause

CAUSES = (
    Cause(
        code="client.event-loop-mismatch",
        title="The client is used in another event loop than its own",
        explanation=(
            "An AsyncMongoClient belongs to the event loop in which it was first used, and so do "
            "its connections. A second asyncio.run, a test with a loop of its own, or a worker "
            "thread cannot use it; after its loop has ended, nothing can."
        ),
        remedies=(
            "Create the client inside the coroutine that asyncio.run starts, and close it there: "
            "async with AsyncMongoClient(uri) as client: ...",
            "In a web application, create it when the application starts and close it when it "
            "stops (FastAPI: lifespan), not when the module is imported.",
            "In tests, give the client and the tests one loop (pytest-asyncio: loop_scope on the "
            "fixture and on the tests).",
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
            "The program closed its client, or left the block that closes it, and used it again "
            "afterwards. A closed client stays closed; nothing is wrong with the server."
        ),
        remedies=(
            "Create one client when the program starts and close it when the program ends, not "
            "after each operation.",
            "Await every operation before the client is closed: a missing await lets close() "
            "come first.",
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
            "Sockets, locks and monitoring threads of a client do not survive a fork. In the "
            "child it can wait for ever, or find no server. Gunicorn with preload, Celery, uWSGI "
            "and multiprocessing fork."
        ),
        remedies=(
            "Create the client in the child: Gunicorn's post_fork hook, Celery's "
            "worker_process_init signal, uWSGI's @postfork.",
            'Or start children without a fork: multiprocessing.set_start_method("spawn")',
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
        title="Another package called bson stands in the way of PyMongo's",
        explanation=(
            "PyMongo brings a bson package of its own. The package of that name that pip installs "
            "is a different one and overwrites it, wholly or in part."
        ),
        remedies=(
            "Remove both, then install PyMongo alone: python -m pip uninstall -y bson pymongo && "
            "python -m pip install pymongo",
            "Take bson out of the requirements, also out of those of other packages: "
            "python -m pip show bson names them under Required-by.",
            "Look for a file or folder of your own that is called bson: "
            'python -c "import bson; print(bson.__file__)"',
        ),
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
        title="A browser or an HTTP client asked MongoDB's port",
        explanation=(
            "A mongod answers HTTP with this sentence: it is alive, and it speaks a protocol of "
            "its own. Browsers, curl, load balancer health checks and metrics scrapers that speak "
            "HTTP cannot use its port."
        ),
        remedies=(
            "Connect with a driver, with mongosh or with mongoping: mongoping check "
            "mongodb://HOST:27017",
            "Let health checks of proxies and orchestrators ask for TCP, or run a command: "
            "mongoping check mongodb://HOST:27017 --quiet",
        ),
        links=("https://www.mongodb.com/docs/manual/reference/connection-string/",),
        says=(
            r"trying to access MongoDB over HTTP",
            r"⟨says (?:GET|POST|PUT|HEAD|OPTI)[^⟩\n]{0,2}⟩",
        ),
    ),
)
