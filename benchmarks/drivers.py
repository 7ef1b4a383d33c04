"""Where each driver keeps the messages of connecting, and how it prints them."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.templates import (
    CSHARP,
    DART,
    ELIXIR,
    GOLANG,
    JAVA,
    PYTHON,
    RUBY,
    RUST,
    SCALA,
    SCRIPT,
    C,
    Language,
)

NODE_FRAME = "\n    at connect (/app/node_modules/{package}/{path}:120:15)"
PYTHON_FRAME = (
    "Traceback (most recent call last):\n"
    '  File "/srv/venv/lib/python3.12/site-packages/{path}", line 120, in __init__\n'
)


GENERAL = (  # classes of the languages
    r"^(?!Mongo)(?:\w*(?:Argument|Type|Value|Runtime|Syntax|Range|Key|State|Operation|NotSupported"
    r"|NotImplemented|Assertion|Import|Timeout|Format|Index|Disposed|End|IO|Interrupted"
    r"|LogicError|Security)\w*(?:Error|Exception)|Error|Exception|isTrue)$"
)
PYTHON_KINDS = (
    r"^(?:(?:Type|Value|Runtime|Key|Import|OS|Attribute|Index|NotImplemented|Assertion|System"
    r"|Timeout|Syntax)Error|Exception)$"
)


@dataclass(frozen=True)
class Driver:
    """A driver's sources, and what its errors look like when they are printed.

    ``files`` matches the paths that connecting, selecting a server, logging in and starting use,
    without buffers and encoders of documents, the server's side of TLS, and the shell's prompt.
    ``own`` prints an error of the driver's own classes, ``general`` one of the language's
    (``kinds``), with a line of its traceback. ``special`` has other forms by a pattern for
    "PATH KIND". ``clients`` are the names by which ``explain`` may know the driver.
    """

    language: Language
    files: str
    own: str
    clients: tuple[str, ...]
    general: str = ""
    special: tuple[tuple[str, str], ...] = ()
    package: str = "mongodb"  # as Node installs it
    kinds: str = GENERAL
    inner: str = r"(?!)"
    default: str = ""  # the class of an error whose message comes from a variable


GO_TOPOLOGY = (
    "server selection error: server selection timeout, current topology: {{ Type: Unknown, "
    "Servers: [{{ Addr: db1.example.net:27017, Type: Unknown, Last error: {text} }}, ] }}"
)
GO_OCSP = GO_TOPOLOGY.replace("{text}", "OCSP verification failed: {text}")
GO_LOGIN = "connection() error occurred during connection handshake: auth error: {text}"

DRIVERS: dict[str, Driver] = {
    "pymongo": Driver(
        PYTHON,
        r"^pymongo/(?!asynchronous/)(?:synchronous/)?(?:_csot|_azure\w*|_gcp\w*|auth\w*|client_options"
        r"|common|compression_support|daemon|driver_info|helpers\w*|max_staleness\w*|mongo_client"
        r"|monitor|network\w*|ocsp_support|periodic_executor|pool\w*|pyopenssl_context"
        r"|read_preferences|saslprep|server\w*|settings|srv_resolver|ssl_\w+|topology\w*"
        r"|uri_parser\w*|write_concern|read_concern)\.py$",
        "pymongo.errors.{kind}: {text}",
        ("pymongo",),
        general=PYTHON_FRAME + "{kind}: {text}",
        kinds=PYTHON_KINDS,
        default="ConnectionFailure",
    ),
    "motor": Driver(
        PYTHON,
        r"^motor/(?:__init__|core|frameworks/\w+/__init__|motor_\w+)\.py$",
        "pymongo.errors.{kind}: {text}",
        ("motor", "pymongo"),
        general=PYTHON_FRAME + "{kind}: {text}",
        kinds=PYTHON_KINDS,
        default="ConnectionFailure",
    ),
    "node": Driver(
        SCRIPT,
        r"^src/(?:cmap|sdam)/|^src/(?:connection_string|deps|mongo_client\w*|error|read_preference"
        r"|read_concern|write_concern|utils|timeout|sessions)\.ts$",
        "{kind}: {text}",
        ("node",),
        general="{kind}: {text}" + NODE_FRAME,
    ),
    "mongoose": Driver(
        SCRIPT,
        r"^lib/(?:connection|mongoose|index|error/serverSelection|error/mongooseError"
        r"|drivers/node-mongodb-native/\w+|helpers/\w*[cC]onnect\w*)\.js$",
        "{kind}: {text}",
        ("mongoose",),
        general="{kind}: {text}" + NODE_FRAME,
        package="mongoose",
    ),
    "mongosh": Driver(
        SCRIPT,
        r"^packages/(?:arg-parser|service-provider-(?:core|node-driver)|cli-repl)/src/"
        r"(?:[^/]*/)?(?!smoke|(?:async|mongosh)-repl|repl-|line-|update-)[\w-]+(?<!spec)\.ts$",
        "{kind}: {text}",
        ("mongosh",),
        general="{kind}: {text}" + NODE_FRAME,
        package="@mongosh",
    ),
    "devtools-shared": Driver(
        SCRIPT,
        r"^packages/(?:devtools-connect|devtools-proxy-support|saslprep|mongodb-redact"
        r"|mongodb-connection-string-url)/src/(?:[^/]*/)?[\w-]+(?<!spec)\.ts$",
        "{kind}: {text}",
        ("compass", "mongosh", "node"),
        general="{kind}: {text}" + NODE_FRAME,
        package="@mongodb-js",
    ),
    "java": Driver(
        JAVA,
        r"^driver-(?:core|sync|reactive-streams)/src/main/com/mongodb/(?:client/|reactivestreams/client/)?"
        r"(?!internal/connection/(?:\w*Bson\w*|\w*ByteBuf\w*|IndexMap|SplittablePayload"
        r"|tlschannel/(?:ServerTls\w*|impl/TlsExplorer))\.java)"
        r"(?:internal/(?:connection|authentication|dns|selector|connection/\w+)/|connection/"
        r"|(?:internal/)?(?:ConnectionString|MongoC(?:redential|lient)\w*|ServerA\w+|UnixServer\w+"
        r"|ReadPreference|TaggableReadPreference|MongoCompressor|Mongo\w+Exception|MongoClients)\b)",
        "com.mongodb.{kind}: {text}",
        ("java",),
        general="java.lang.{kind}: {text}\n\tat {dotted}.<init>({stem}.java:120)",
        special=(
            (
                r" isTrue$",
                "java.lang.IllegalArgumentException: state should be: {text}\n"
                "\tat com.mongodb.assertions.Assertions.isTrueArgument(Assertions.java:120)",
            ),
        ),
    ),
    "go": Driver(
        GOLANG,
        r"^x/mongo/driver/(?:topology|auth|dns|connstring|ocsp|description|mnet)/|^x/mongo/driver/"
        r"(?:compression|errors|driver|legacy|serverapioptions)\.go|^internal/(?:credproviders|aws"
        r"|driverutil|serverselector)/|^mongo/client\.go|^mongo/options/clientoptions\.go"
        r"|^mongo/readpref/",
        "{text}",
        ("go",),
        inner=r"^x/mongo/driver/(?:auth|topology|ocsp)/",
        special=(
            (r"connstring/|driver/dns/", "error parsing uri: {text}"),
            (r"driver/auth/|credproviders/|internal/aws/", GO_LOGIN),
            (r"driver/ocsp/", GO_OCSP),
            (r"topology/(?:connection|server|fsm)|driverutil/description", GO_TOPOLOGY),
            (r"topology/topology", "server selection error: {text}"),
        ),
    ),
    "mongo-tools": Driver(
        GOLANG,
        r"^common/(?:auth|db|options|password|signals|util)/|^mongo(?:dump|restore|import|export|stat"
        r"|top|files)/(?:main/|options|mongo\w+)",
        "2024-05-01T10:00:00.000+0000\tFailed: {text}",
        ("tools",),
        special=(
            (
                r"/options",
                "2024-05-01T10:00:00.000+0000\terror parsing command line options: {text}\n"
                "2024-05-01T10:00:00.000+0000\ttry 'mongodump --help' for more information",
            ),
        ),
    ),
    "csharp": Driver(
        CSHARP,
        r"^src/MongoDB\.Driver/(?:Authentication/|Core/(?:Authentication|Clusters|Configuration"
        r"|ConnectionPools|Connections|Compression|Misc|Servers|NativeLibraryLoader)/"
        r"|(?:MongoClient\w*|Mongo\w+Exception|MongoUrl\w*|MongoCredential|MongoServerAddress"
        r"|ServerApi\w*|SslSettings|ClusterRegistry|ReadPreference\w*)\.cs|Core/Mongo\w+Exception)",
        "MongoDB.Driver.{kind}: {text}",
        ("csharp",),
        general="System.{kind}: {text}\n   at {dotted}..ctor()",
        default="MongoConnectionException",
    ),
    "libmongoc": Driver(
        C,
        r"^src/libmongoc/src/mongoc/mongoc-(?!crypt|bulk|gridfs|change|client-side|collection|cursor"
        r"|database|find|aggregate|http|write-command)[\w-]*\.c$",
        "{text}",
        ("c", "php"),
        special=(
            (r" MONGOC_ERROR$", "2024/05/01 10:00:00.0000: [  123]:    ERROR:      mongoc: {text}"),
            (
                r"mongoc-(?:async|stream|socket|topology-scanner)\S*\.c $",
                "No suitable servers found (`serverSelectionTryOnce` set): "
                "[{text} calling hello on 'db1.example.net:27017']",
            ),
            (r" MONGOC_WARN", "2024/05/01 10:00:00.0000: [  123]:  WARNING:      mongoc: {text}"),
        ),
    ),
    "php": Driver(
        C,
        r"^src/(?:MongoDB/(?:Manager|Server\w*|ReadPreference|Session|Monitoring/functions)"
        r"|phongo_(?:client|error|ini|apm|compat)\w*)\.c$|^php_phongo\.c$",
        "PHP Fatal error:  Uncaught MongoDB\\Driver\\Exception\\RuntimeException: {text} in "
        "/srv/app/index.php:12",
        ("php",),
        special=(
            (
                r"_INVALID_ARGUMENT",
                "PHP Fatal error:  Uncaught MongoDB\\Driver\\Exception\\InvalidArgumentException: "
                "{text} in /srv/app/index.php:12",
            ),
        ),
    ),
    "ruby": Driver(
        RUBY,
        r"^lib/mongo/(?:auth|address|cluster|server|server_selector|socket|srv|uri|monitoring"
        r"|protocol)(?:/|\.rb)|^lib/mongo/(?:client|error|semaphore|timeout|utils|distinguish\w*)\.rb"
        r"|^lib/mongo/error/",
        "{text} (Mongo::{kind})",
        ("ruby",),
        general="/gems/mongo-2.21.0/{path}:120:in `initialize': {text} ({kind})",
        special=(
            (r"mongo/uri\S* Error::NoServer", "{text} (Mongo::Error::InvalidURI)"),
            (
                r"error/no_server_available\.rb ",
                "{text} in cluster: #<Cluster topology=Unknown[db1.example.net:27017] servers="
                "[#<Server address=db1.example.net:27017 UNKNOWN>]> with timeout=30, LT=0.015 "
                "(Mongo::Error::NoServerAvailable)",
            ),
            (r"/(?:socket|address)\S* Error::NoServer", "{text} (Mongo::Error::SocketError)"),
        ),
        inner=r"^lib/mongo/(?:server|cluster|protocol|error|monitoring|socket)(?:/(?!topology)|\.rb)",
        kinds=r"^(?:Argument|NotImplemented|Runtime|IO|Type|Key|Name|Standard|Range|Index)Error$",
        default="Error::NoServerAvailable",
    ),
    "rust": Driver(
        RUST,
        r"^driver/src/(?:client|cmap|sdam|runtime|srv|error|compression|hello)(?:/|\.rs)"
        r"(?!.*(?:test|csfle|bulk))",
        "Error: Kind: {text}, labels: {{}}",
        ("rust",),
        special=(
            (
                r" (?:InvalidArgument|invalid_argument)$",
                "Error: Kind: An invalid argument was provided: {text}, labels: {{}}",
            ),
            (
                r" (?:DnsResolve|from_resolve_error)$",
                "Error: Kind: An error occurred during DNS resolution: {text}, labels: {{}}",
            ),
            (r" (?:Internal|internal)$", "Error: Kind: Internal error: {text}, labels: {{}}"),
            (
                r" (?:InvalidResponse|invalid_response)$",
                "Error: Kind: The server returned an invalid reply to a database operation: "
                "{text}, labels: {{}}",
            ),
            (
                r"auth/oidc\S* authentication_error$",
                "Error: Kind: MONGODB-OIDC failure: {text}, labels: {{}}",
            ),
            (
                r"auth/gssapi\S* authentication_error$",
                "Error: Kind: GSSAPI failure: {text}, labels: {{}}",
            ),
            (
                r"auth/aws\S* authentication_error$",
                "Error: Kind: MONGODB-AWS failure: {text}, labels: {{}}",
            ),
            (
                r" authentication_error$",
                "Error: Kind: SCRAM-SHA-256 failure: {text}, labels: {{}}",
            ),
        ),
    ),
    "dart": Driver(
        DART,
        r"^lib/src/(?:auth|network|database/utils|connection_pool)|^lib/src/database/(?:db|server_config)",
        "Unhandled exception:\nMongoDB {kind}: {text}",
        ("dart",),
        inner=r"^lib/src/(?:network|auth)/|^lib/src/database/db\.dart",
        general="Unhandled exception:\nInvalid argument(s): {text}\n"
        "#0      Db.open (package:mongo_dart/{path}:120:7)",
        special=((r" MongoDartError$", "Unhandled exception:\nMongoDart Error: {text}"),),
    ),
    "elixir": Driver(
        ELIXIR,
        r"^lib/(?:mongo/(?:auth|auth/\w+|error|mongo_db_connection|monitor|streaming_hello_monitor"
        r"|topology\w*|url_parser|server_description|stable_version|compressor)|mongo|mongo_db_connection/"
        r"utils|session/\w+)\.ex$",
        "** (Mongo.Error) {text}",
        ("elixir",),
        general="** ({kind}) {text}\n    (mongodb_driver 1.5.6) {path}:120: Mongo.start_link/1",
        special=((r" (?:error|warning)$", "10:00:00.000 [{kind}] {text}"),),
    ),
    "reactivemongo": Driver(
        SCALA,
        r"^(?:driver|core)/src/main/scala(?:-2)?/(?:api/(?:AsyncDriver|Auth\w+|Failover\w*|Mongo\w+|DB"
        r"|ReadPreference)|core/(?:actors|netty|nodeset|errors|protocol)|util)",
        "reactivemongo.core.errors.{kind}: MongoError['{text}']",
        ("reactivemongo",),
        general="java.lang.{kind}: {text}\n\tat reactivemongo.{dotted}.apply({stem}.scala:120)",
        special=(
            (r" $", "reactivemongo.core.actors.Exceptions$GenericException: MongoError['{text}']"),
            (r" (?:error|warn)$", "[{kind}] r.core.actors.MongoDBSystem - {text}"),
        ),
    ),
}
