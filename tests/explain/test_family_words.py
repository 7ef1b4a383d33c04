"""Messages that only one family of drivers prints, each kind beside a text that looks alike."""

# ruff: noqa: E501 - what drivers print on one line stays on one line
from __future__ import annotations

import pytest

from mongoping.explaining import explain

RUBY = "/gems/mongo-2.21.0/lib/mongo"


@pytest.mark.parametrize(
    ("cause", "text"),
    [
        ("uri.invalid-port", "Bad URI: mongodb://db1:99999\nInvalid port. Port must be an integer greater than 0 and less than 65536 (Mongo::Error::InvalidURI)"),
        ("uri.unescaped-credentials", "Bad URI: mongodb://db1\nUser name and password must be urlencoded. (Mongo::Error::InvalidURI)"),
        ("uri.malformed", "Bad URI: mongodb://db1\nSomething about it is odd. (Mongo::Error::InvalidURI)"),
        ("hello.wire-version-too-old", "Server at (db1:27017) reports wire version (5), but this version of the Ruby driver requires at least (6). (Mongo::Error::UnsupportedFeatures)"),
        ("auth.invalid-reply", "Expected server verifier 'a' to match 'b'. (Mongo::Error::InvalidSignature)"),
        ("client.compressor-missing", 'Cannot enable zstd compression because the zstd-ruby gem has not been installed. Add "gem \'zstd-ruby\'" to your Gemfile (Mongo::Error::UnmetDependency)'),
        ("client.setting-refused", f"{RUBY}/client.rb:120:in 'Mongo::Client#validate_options!': :flavor must be sweet (ArgumentError)"),
        ("client.driver-defect", f"{RUBY}/server/monitor.rb:120:in 'initialize': App metadata is required (ArgumentError)"),
        ("client.driver-defect", "Trying to check in twice (Mongo::Error::LintError)"),
    ],
)  # fmt: skip
def test_a_message_of_the_ruby_driver_is_known(cause: str, text: str) -> None:
    explanation = explain(text)

    assert (explanation.cause, explanation.client) == (cause, "ruby")


@pytest.mark.parametrize(
    ("cause", "text"),
    [
        ("uri.invalid-port", "Invalid port: the proxy of MongoDB (Mongo::Error)"),
        ("auth.invalid-reply", "User app is not authorized to access shop (auth source: admin) (Mongo::Auth::Unauthorized)"),
        ("client.compressor-missing", "Cannot enable the snappy flavor (Mongo::Error)"),
        ("client.setting-refused", "/srv/app/lib/shop.rb:120:in 'open': wrong number of arguments (ArgumentError)\n\tfrom /gems/mongo-2.21.0/lib/mongo/client.rb:1:in 'each'"),
        ("client.driver-defect", f"{RUBY}/collection.rb:120:in 'insert': App metadata is required (ArgumentError)"),
    ],
)  # fmt: skip
def test_a_similar_text_of_ruby_is_not_misread(cause: str, text: str) -> None:
    assert explain(text).cause != cause


PYTHON = 'Traceback (most recent call last):\n  File "/srv/lib/python3.12/site-packages/'


@pytest.mark.parametrize(
    ("cause", "text"),
    [
        ("client.setting-refused", f'{PYTHON}pymongo/common.py", line 9, in validate_flavor\n    raise ValueError(x)\nValueError: flavor must be sweet'),
        ("client.setting-refused", f'{PYTHON}motor/core.py", line 9, in __init__\n    raise TypeError(\n    ^^^^^\nTypeError: flavor must be an instance of Flavor'),
        ("client.setting-refused", "pymongo.errors.ConfigurationError: the flavor is unknown"),
        ("auth.invalid-reply", "pymongo.errors.OperationFailure: Server returned an invalid nonce."),
        ("auth.kerberos", "pymongo.errors.OperationFailure: Unknown kerberos failure in step function."),
        ("hello.not-mongodb", "pymongo.errors.ProtocolError: Got opcode 7 but expected (1, 2013)"),
    ],
)  # fmt: skip
def test_a_message_of_a_python_driver_is_known(cause: str, text: str) -> None:
    assert explain(text).cause == cause


@pytest.mark.parametrize(
    ("cause", "text"),
    [
        ("client.setting-refused", f'{PYTHON}shop/common.py", line 9, in open_shop  # pymongo\nValueError: flavor must be sweet'),
        ("client.setting-refused", f'{PYTHON}pymongo/common.py", line 9, in validate_ok_for_update\nValueError: update only works with $ operators'),
        ("client.setting-refused", f'{PYTHON}pymongo/collection.py", line 9, in find\nTypeError: flavor must be an instance of str'),
        ("client.setting-refused", "pymongo.errors.ConfigurationError: The DNS operation timed out after 20 s"),
        ("auth.kerberos", "pymongo.errors.OperationFailure: Authentication failed., full error: {'ok': 0.0, 'code': 18}"),
    ],
)  # fmt: skip
def test_a_similar_text_of_python_is_not_misread(cause: str, text: str) -> None:
    assert explain(text).cause != cause


LOGIN = "connection() error occurred during connection handshake: auth error"
TOPOLOGY = "server selection error: server selection timeout, current topology: { Type: Unknown, Servers: [{ Addr: db1:27017, Type: Unknown, Last error: "


@pytest.mark.parametrize(
    ("cause", "client", "text"),
    [
        ("auth.invalid-reply", "go", f"{LOGIN}: server nonce did not extend client nonce"),
        ("auth.oidc", "go", f'{LOGIN}: address "db1:27017" not allowed by "ALLOWED_HOSTS": [*.mongodb.net]'),
        ("client.driver-defect", "go", f"{LOGIN}: httpClient must not be nil"),
        ("tls.revoked", "go", f"{TOPOLOGY}OCSP verification failed: delegate responder certificate is missing }}, ] }}"),
        ("compat.not-genuine", "go", f"{TOPOLOGY}expected 'setName' to be a string but it's a BSON int32 }}, ] }}"),
        ("client.closed", "go", f"{TOPOLOGY}server is closed }}, ] }}"),
        ("auth.dependency-missing", "tools", "2024-05-01T10:00:00.000+0000\terror parsing command line options: cannot specify gssapiservicename: tool not built with kerberos support"),
        ("auth.oidc", "tools", "2024-05-01T10:00:00.000+0000\tFailed: must set all of AZURE_TENANT_ID, AZURE_APP_CLIENT, and more"),
    ],
)  # fmt: skip
def test_a_message_of_a_go_program_is_known(cause: str, client: str, text: str) -> None:
    explanation = explain(text)

    assert (explanation.cause, explanation.client) == (cause, client)


@pytest.mark.parametrize(
    ("cause", "text"),
    [
        ("auth.invalid-reply", f"{LOGIN}: sasl conversation error: EOF"),
        ("auth.oidc", f'{LOGIN}: address "db1:27017" is odd'),
        ("tls.revoked", f"{TOPOLOGY}EOF }}, ] }}"),
        ("compat.not-genuine", f"{TOPOLOGY}expected a reply but it's late }}, ] }}"),
        ("client.closed", f"{TOPOLOGY}dial tcp: connection is closed }}, ] }}"),
        ("auth.dependency-missing", "2024-05-01T10:00:00.000+0000\tFailed: kerberos support is odd"),
    ],
)  # fmt: skip
def test_a_similar_text_of_go_is_not_misread(cause: str, text: str) -> None:
    assert explain(text).cause != cause


RUST = "Error: Kind: {}, labels: {{}}"


@pytest.mark.parametrize(
    ("cause", "client", "text"),
    [
        ("client.module-missing", "rust", RUST.format("An invalid argument was provided: mongodb+srv connection strings cannot be used when the 'dns-resolver' feature is disabled")),
        ("client.setting-refused", "rust", RUST.format("An invalid argument was provided: flavor must be sweet")),
        ("client.driver-defect", "rust", RUST.format("Internal error: check out attempted from new pool")),
        ("auth.invalid-reply", "rust", RUST.format("MONGODB-AWS failure: mismatched nonce")),
        ("compat.not-genuine", "rust", RUST.format("The server returned an invalid reply to a database operation: missing 'ok' value in response")),
        ("client.setting-refused", "dart", "Unhandled exception:\nInvalid argument(s): the flavor is odd\n#0      Db.open (package:mongo_dart/src/db.dart:9)"),
        ("uri.invalid-option", "dart", "MongoDart Error: Authentication scheme not specified"),
        ("uri.empty-credentials", "elixir", "** (Mongo.Error) X509 auth needs a username!"),
        ("client.setting-refused", "elixir", "** (ArgumentError) unknown flavor\n    (mongodb_driver 1.5.6) lib/mongo.ex:120: Mongo.start_link/1"),
    ],
)  # fmt: skip
def test_a_message_of_rust_dart_or_elixir_is_known(cause: str, client: str, text: str) -> None:
    explanation = explain(text)

    assert (explanation.cause, explanation.client) == (cause, client)


@pytest.mark.parametrize(
    ("cause", "text"),
    [
        ("client.module-missing", RUST.format("An invalid argument was provided: the feature is disabled")),
        ("client.setting-refused", RUST.format("An invalid argument was provided: read concern after a snapshot")),
        ("client.driver-defect", RUST.format("I/O error: Connection refused (os error 111)")),
        ("client.setting-refused", "Unhandled exception:\nInvalid argument(s): odd\n#0      main (package:shop/main.dart:9)\n#1      Db.open (package:mongo_dart/src/db.dart:9)"),
        ("client.setting-refused", "** (ArgumentError) unknown flavor\n    (shop 1.0.0) lib/shop.ex:120: Shop.start/1\n    (mongodb_driver 1.5.6) lib/mongo.ex:1: Mongo.x/1"),
    ],
)  # fmt: skip
def test_a_similar_text_of_rust_dart_or_elixir_is_not_misread(cause: str, text: str) -> None:
    assert explain(text).cause != cause


def test_a_missing_feature_of_the_rust_driver_is_named_in_the_command() -> None:
    explanation = explain(
        RUST.format("An invalid argument was provided: cannot specify proxyHost if socks5-proxy "
                    "feature is not enabled")
    )  # fmt: skip

    assert explanation.remedies[0].command == "cargo add mongodb --features socks5-proxy"


def test_a_c_library_without_tls_gets_no_advice_about_python() -> None:
    explanation = explain(
        "No suitable servers found: TLS is not enabled in this build of mongo-c-driver."
    )

    assert explanation.cause == "client.python-ssl-missing"
    assert explanation.remedies[0].text.startswith("Install a libmongoc")
    assert not any("ython" in str(remedy) for remedy in explanation.remedies)


MONGOC = "2024/05/01 10:00:00.0000: [  123]:    ERROR:      mongoc: "
SELECTION = (
    "No suitable servers found (`serverSelectionTryOnce` set): [{} calling hello on 'db1:27017']"
)
PHP = "PHP Fatal error:  Uncaught MongoDB\\Driver\\Exception\\{} in /srv/app/index.php:12"


@pytest.mark.parametrize(
    ("cause", "client", "text"),
    [
        ("client.setting-refused", "c", f"{MONGOC}mongoc_client_set_ssl_opts cannot be called on a pooled client. Use mongoc_client_pool_set_ssl_opts."),
        ("client.driver-defect", "c", f"{MONGOC}Invalid mongoc_server_description_t type"),
        ("client.module-missing", "c", f"{MONGOC}libresolv unavailable, cannot use mongodb+srv URI"),
        ("auth.invalid-reply", "c", "SCRAM Failure: could not verify server signature in sasl step 3"),
        ("tls.revoked", "c", f"{MONGOC}Could not obtain a valid OCSP_CERTID for peer"),
        ("tls.bad-key-file", "c", f"{MONGOC}Detected unsupported encrypted private key"),
        ("hello.not-mongodb", "c", SELECTION.format("Invalid reply from server.")),
        ("client.setting-refused", "php", PHP.format('InvalidArgumentException: Expected "driver" driver option to be an array, string given')),
        ("client.driver-defect", "php", PHP.format("RuntimeException: Failed to add Manager to internal registry")),
        ("uri.conflicting-options", "php", PHP.format("InvalidArgumentException: Journal conflicts with w value: 0")),
    ],
)  # fmt: skip
def test_a_message_of_libmongoc_or_php_is_known(cause: str, client: str, text: str) -> None:
    explanation = explain(text)

    assert (explanation.cause, explanation.client) == (cause, client)


@pytest.mark.parametrize(
    ("cause", "text"),
    [
        ("client.setting-refused", PHP.format('InvalidArgumentException: Error parsing ObjectId string: abc')),
        ("client.setting-refused", f"{MONGOC}Falling back to malloc for counters."),
        ("client.driver-defect", PHP.format("RuntimeException: The flavor is odd")),
        ("auth.invalid-reply", "SCRAM Failure: could not buffer sasl step1"),
        ("tls.revoked", f"{MONGOC}Failed to initialize OpenSSL."),
        ("hello.not-mongodb", SELECTION.format("connection refused")),
    ],
)  # fmt: skip
def test_a_similar_text_of_libmongoc_or_php_is_not_misread(cause: str, text: str) -> None:
    assert explain(text).cause != cause


@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("pecl install mongodb", 'PHP Fatal error:  Uncaught Error: Class "MongoDB\\Driver\\Manager" not found in /srv/app/index.php:3'),
        ("composer require mongodb/mongodb", 'PHP Fatal error:  Uncaught Error: Class "MongoDB\\Client" not found in /srv/app/index.php:3'),
        ("bundle add mongo", "cannot load such file -- mongo (LoadError)"),
        ("go build -tags cse", "error creating encrypter: client-side encryption not enabled. add the cse build tag to support"),
        ("go get go.mongodb.org/mongo-driver/mongo", "main.go:5:2: no required module provides package go.mongodb.org/mongo-driver/mongo; to add it:"),
        ("cargo add mongodb", "error[E0433]: failed to resolve: use of undeclared crate or module `mongodb`"),
        ("mix deps.get", "** (UndefinedFunctionError) function Mongo.start_link/1 is undefined (module Mongo is not available)"),
        ("pecl install mongodb && composer require mongodb/mongodb", "PHP Fatal error: Class 'MongoClient' not found in /srv/app/index.php on line 3"),
        ("apt-get install libmongoc-dev", "shop: error while loading shared libraries: libmongoc-1.0.so.0: cannot open shared object file: No such file or directory"),
        ("bundle add mongoid", "NameError: uninitialized constant Mongoid"),
        ("python -m pip install pymongo", "ModuleNotFoundError: No module named 'pymongo'"),
    ],
)  # fmt: skip
def test_a_driver_that_is_not_installed_is_installed_with_its_own_tool(
    command: str, text: str
) -> None:
    explanation = explain(text)

    assert (explanation.cause, explanation.remedies[0].command) == (
        "client.module-missing",
        command,
    )


@pytest.mark.parametrize(
    "text",
    [
        'PHP Fatal error:  Uncaught Error: Class "App\\MongoDB\\Client" not found in /srv/app/index.php:3',
        "cannot load such file -- mongo_shop/railtie (LoadError)",
        "ModuleNotFoundError: No module named 'pymongo_shop'",
        "NameError: uninitialized constant MongoShop::Order",
        "AttributeError: module 'pymongo' has no attribute 'MongoClient'",
    ],
)
def test_a_missing_module_of_the_program_is_not_the_driver(text: str) -> None:
    assert explain(text).cause != "client.module-missing"


def test_a_handshake_that_is_not_answered_is_never_certain() -> None:
    explanation = explain(
        f"{TOPOLOGY}connection() error occurred during connection handshake: connection(db1:27017[-3]) "
        "incomplete read of message header: read tcp 10.0.0.7:5000->10.0.0.8:27017: i/o timeout }, ] }"
    )

    assert (explanation.cause, explanation.confidence) == ("hello.no-reply", "likely")
    assert "tls.required-by-server" in explanation.alternatives


def test_a_line_of_source_code_in_a_traceback_shows_no_cause() -> None:
    lines = (
        "Traceback (most recent call last):",
        '  File "/srv/app.py", line 3, in <module>',
        "    client = MongoClient(URI)  # or: Connection refused",
        '  File "/srv/lib/pymongo/common.py", line 9, in validate_flavor',
        '    raise ValueError(f"{option} must be sweet")',
        "ValueError: flavor must be sweet",
    )
    explanation = explain("\n".join(lines))

    assert (explanation.cause, explanation.alternatives[0]) == (
        "client.setting-refused",
        "tcp.refused",
    )


@pytest.mark.parametrize(
    ("module", "error"),
    [
        ("collection", "TypeError: flavor must be an instance of dict"),
        ("database", "NotImplementedError: Database objects do not implement truth value testing"),
        ("cursor", "pymongo.errors.InvalidOperation: Cannot set options after executing query"),
    ],
)
def test_a_wrong_argument_of_an_operation_is_no_connection_error(module: str, error: str) -> None:
    explanation = explain(
        f'{PYTHON}pymongo/synchronous/{module}.py", line 9, in find\n    raise X\n'
        f'  File "/srv/lib/pymongo/common.py", line 9, in validate\n    raise X\n{error}'
    )

    assert explanation.cause is None
    assert "not a connection error" in (explanation.missing or "")


def test_a_connection_that_fails_in_an_operation_is_a_connection_error() -> None:
    explanation = explain(
        f'{PYTHON}pymongo/synchronous/collection.py", line 9, in find_one\n    return x\n'
        "pymongo.errors.ServerSelectionTimeoutError: db1:27017: [Errno 111] Connection refused"
    )

    assert explanation.cause == "tcp.refused"


@pytest.mark.parametrize(
    ("cause", "client", "text"),
    [
        ("tcp.timeout", "elixir", "[error] Mongo.Protocol (#PID<0.1.0>) failed to connect: ** (Mongo.Error) tcp connect: unknown POSIX error - :timeout"),
        ("dns.host-not-found", "elixir", "** (Mongo.Error) db1:27017 tcp connect: non-existing domain - :nxdomain"),
        (None, "elixir", "** (Mongo.Error) tcp recv: unknown POSIX error - :einval"),
        (None, "elixir", "{:error, :selection_timeout}"),
        ("uri.missing-host", "dart", "MongoDB ConnectionException: Could not connect to :27017"),
        (None, "dart", "MongoDB ConnectionException: Could not connect to db1:27017"),
        ("uri.invalid-option", "ruby", "W, [2024-05-01T10:00:00.000000 #1]  WARN -- : MONGODB | Unsupported client option 'max_retries'. It will be ignored."),
        ("tcp.timeout", "rust", "Server selection timeout: No available servers. Topology: { Type: ReplicaSetNoPrimary, Servers: [ { Address: db1:27017, Type: Unknown }, ] }"),
    ],
)  # fmt: skip
def test_a_short_form_of_an_error_is_attributed(cause: str | None, client: str, text: str) -> None:
    explanation = explain(text)

    assert (explanation.cause, explanation.client) == (cause, client)


NO_SERVER = "Mongo::Error::NoServerAvailable: No primary server is available in cluster: #<Cluster topology=Single[db1:27017] servers=[#<Server address=db1:27017 STANDALONE>]> with timeout=30, LT=0.015"


@pytest.mark.parametrize(
    ("cause", "text"),
    [
        ("client.fork-unsafe", f"{NO_SERVER}. The following servers have dead monitor threads: #<Server address=db1:27017 STANDALONE>"),
        ("client.closed", f"{NO_SERVER}. The cluster is disconnected (client may have been closed)"),
        ("topology.no-primary", NO_SERVER),
    ],
)  # fmt: skip
def test_what_the_ruby_driver_adds_to_a_failed_selection_is_its_cause(
    cause: str, text: str
) -> None:
    explanation = explain(text)

    assert explanation.cause == cause
    assert not any("Gunicorn" in str(remedy) for remedy in explanation.remedies)


def test_the_elixir_driver_is_asked_for_the_details_that_it_hides() -> None:
    explanation = explain(
        "** (RuntimeError) connect raised MatchError exception. The exception details are hidden. "
        "You may set :show_sensitive_data_on_connection_error to true when starting your connection\n"
        "    (mongodb_driver) lib/mongo/mongo_db_connection.ex:147: Mongo.MongoDBConnection.driver/1"
    )

    assert "show_sensitive_data_on_connection_error: true" in (explanation.missing or "")


DJONGO = """  File "/srv/venv/lib/python3.11/site-packages/djongo/base.py", line 205, in _close
    if self.connection:
  File "/srv/venv/lib/python3.11/site-packages/pymongo/database.py", line 1337, in __bool__
    raise NotImplementedError(
NotImplementedError: Database objects do not implement truth value testing or bool()."""


@pytest.mark.parametrize(
    ("cause", "text"),
    [
        ("client.modules-mismatched", "TypeError: AsyncIOMotorDatabase object is not callable. If you meant to call the 'append_metadata' method on an 'AsyncIOMotorClient' object it is failing because no such method exists."),
        ("client.modules-mismatched", DJONGO),
        ("client.closed", "MongooseError: Can't call `orders.find()` on a disconnected connection"),
        ("uri.malformed", "Error: P1013: The provided database string is invalid. MongoDB connection string error: something is odd."),
        # look-alikes: the program's own mistakes
        (None, "TypeError: AsyncIOMotorDatabase object is not callable. If you meant to call the 'orders' method on an 'AsyncIOMotorClient' object it is failing because no such method exists."),
        (None, DJONGO.replace("djongo", "shop")),
    ],
)  # fmt: skip
def test_a_framework_that_does_not_fit_its_driver_is_known(cause: str | None, text: str) -> None:
    assert explain(text).cause == cause


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("found no server in time", "Operation `orders.find()` buffering timed out after 10000ms"),
        ("not a connection error", DJONGO.replace("djongo", "shop")),
        ("docker logs", "dependency failed to start: container mongo is unhealthy"),
        ("docker logs", "mongo exited with code 139"),
        ("kubectl logs", "Back-off restarting failed container mongodb in pod mongodb-0"),
        ("found no server in time", "MongoServerSelectionError: Server selection timed out after 2000 ms\nweb exited with code 1"),
        ("does not look like", "web exited with code 1"),
    ],
)  # fmt: skip
def test_a_text_without_a_cause_gets_fitting_advice(words: str, text: str) -> None:
    explanation = explain(text)

    assert explanation.cause is None
    assert words in (explanation.missing or "")
