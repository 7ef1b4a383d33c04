"""Examples of every command, for its help and its page. Data only.

Each example is a caption and a command line; the tests parse every command line. An empty
caption continues the example before it.
"""

from __future__ import annotations

from collections.abc import Mapping

EXAMPLES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "check": (
        ("Check a deployment", "mongoping check mongodb://db.example.com/shop"),
        ("Read the connection string from the environment or from .env", "mongoping check"),
        (
            "Give host and user as to mongosh, and type the password",
            "mongoping check --host db.example.com --port 27017 -u ada -p",
        ),
        (
            "Check a replica set, with more pings and every fact",
            "mongoping check 'mongodb://db1.example.com,db2.example.com/?replicaSet=rs0' "
            "--count 50 --verbose",
        ),
        (
            "Compare the view from here with that of a server and a pod",
            "mongoping check mongodb://db.example.com/shop --from ssh:app-1 "
            "--from kubectl:shop/orders-0",
        ),
        (
            "Trust your own CA, and use another name server",
            "mongoping check mongodb://db.example.com --tls --tls-ca-file ca.pem "
            "--resolver 192.0.2.53",
        ),
        (
            "Read the connection string and the password from files",
            "mongoping check --uri-file /run/secrets/uri --password-file /run/secrets/password",
        ),
        (
            "Write every fact as JSON, for a ticket or a program",
            "mongoping check --output report.json",
        ),
        ("Check a connection that the configuration file names", "mongoping check @orders"),
        (
            "Also connect with the Python of your program",
            "mongoping check --python .venv/bin/python",
        ),
        ("Show what is sent and received", "mongoping check --trace"),
        ("See where the time of a first ping goes", "mongoping check --waterfall --count 20"),
        ("Print one line, and fail on warnings too", "mongoping check --quiet --strict"),
        (
            "Run as a plug-in of Nagios or Icinga, with limits",
            "mongoping check @orders --format nagios --warning p95=50ms "
            "--critical p95=200ms,lag=60s",
        ),
    ),
    "atlas": (
        (
            "Type the password instead of passing it as an argument",
            "mongoping atlas 'mongodb+srv://ada@cluster0.ab1cd.mongodb.net/' --ask-password",
        ),
        ("Do not declare the Stable API", "mongoping atlas --no-stable-api"),
        ("Let the server refuse commands outside version 1", "mongoping atlas --api-strict"),
    ),
    "local": (
        ("Check localhost:27017", "mongoping local"),
        ("Check another port", "mongoping local localhost:27018"),
        ("Check a UNIX socket", "mongoping local /tmp/mongodb-27017.sock"),
        ("Check localhost of a container", "mongoping local --from docker:mongo"),
        ("Start a temporary server and check it", "mongoping local --sandbox"),
    ),
    "fleet": (
        ("Check all configured targets", "mongoping fleet"),
        (
            "Check those with a label, as quickly as possible",
            "mongoping fleet --select env=prod --module hello",
        ),
        (
            "Read a list, one target per line, and write a page with a table",
            "mongoping fleet targets.txt --output fleet.html",
        ),
        (
            "Read Prometheus' file_sd, and keep the report of each target",
            "mongoping fleet targets.json --format json --no-report --output-dir reports",
        ),
        (
            "Continue an interrupted run",
            "mongoping fleet targets.txt --resume first.jsonl --output all.jsonl",
        ),
    ),
    "uri": (
        (
            "Explain the parts of a connection string and the effect of its options",
            "mongoping uri 'mongodb+srv://cluster0.ab1cd.mongodb.net/shop?w=1'",
        ),
        (
            "Read many connection strings from standard input, one per line, and print JSON",
            "mongoping uri - --format json",
        ),
        ("Keep the connection string out of the shell history", "mongoping uri --uri-file uri"),
        (
            "Print the string with its password percent-encoded",
            "mongoping uri --fix --uri-file uri",
        ),
    ),
    "causes": (
        ("List all causes, by layer", "mongoping causes"),
        ("List the causes of one layer", "mongoping causes tls"),
        ("Show the page of one cause", "mongoping causes auth.wrong-auth-source"),
        ("Print the catalog as JSON", "mongoping causes --format json"),
    ),
    "diff": (
        (
            "Compare a report from a laptop with one from a server",
            "mongoping diff laptop.json server.json",
        ),
        (
            "Compare with a report from before a change",
            "mongoping check @orders --format json | mongoping diff before.json -",
        ),
        (
            "Write the comparison for a merge request",
            "mongoping diff before.json after.json --output changes.md",
        ),
    ),
    "compat": (
        ("Check this environment", "mongoping compat"),
        (
            "Check a combination before you install it",
            "mongoping compat --server 4.2 --pymongo 4.20",
        ),
        (
            "Check a version of Motor with a version of Python",
            "mongoping compat --motor 3.7.1 --python 3.13",
        ),
        ("Look into the environment of your program", "mongoping compat --python .venv/bin/python"),
    ),
    "completion": (
        ("Install completion for your shell", "mongoping completion install"),
        ("Install it for another one", "mongoping completion install zsh"),
        ("Print the script", "mongoping completion show fish"),
    ),
    "explain": (
        (
            "Explain a message",
            "mongoping explain 'MongoNetworkError: connect ECONNREFUSED 127.0.0.1:27017'",
        ),
        ("Explain a traceback in a file", "mongoping explain < traceback.txt"),
        ("Group all errors of a log by cause", "mongoping explain --file app.log"),
        ("Print the answer as JSON", "mongoping explain --format json - < traceback.txt"),
    ),
    "lint": (
        ("Check all files below this folder", "mongoping lint"),
        ("Leave tests out", "mongoping lint --exclude tests src config"),
        (
            "Accept what is there, and report only what is new",
            "mongoping lint --write-baseline known.json",
        ),
        ("Report only new problems", "mongoping lint --baseline known.json"),
    ),
    "sandbox": (
        ("Run a server until Ctrl-C", "mongoping sandbox"),
        (
            "Run a command against a replica set with a login",
            "mongoping sandbox --kind replica-set --auth -- mongoping check",
        ),
        (
            "Reproduce a fault, and see how mongoping reports it",
            "mongoping sandbox --fault tls.unknown-ca -- mongoping check",
        ),
        (
            "Run three members that look like Atlas",
            "mongoping sandbox --like atlas -- mongoping atlas",
        ),
        (
            "Kill the primary while a command runs",
            "mongoping sandbox --members 3 --after 2s:kill-primary -- mongoping watch --count 5",
        ),
        ("Download a version of MongoDB and start it", "mongoping sandbox --server 8.0"),
        ("List the faults", "mongoping sandbox --list-faults"),
    ),
    "smoke": (
        (
            "Wait up to a minute for a primary, and write a report",
            "mongoping smoke --wait 60 --until primary --report junit=mongoping.xml",
        ),
        (
            "Check what a program relies on",
            "mongoping smoke --expect 'server=>=6.0' --expect primary --expect members=3",
        ),
        (
            "Also connect with the Python of your program",
            "mongoping smoke @orders --python .venv/bin/python",
        ),
        ("Run a cheap health check, as in a container", "mongoping smoke --probe --until hello"),
        ("Write a commented configuration file", "mongoping smoke --init"),
        ("List the expectations", "mongoping smoke --expect help"),
    ),
    "snippet": (
        ("List the programs in Python", "mongoping snippet list --language python"),
        ("Show one program", "mongoping snippet show pymongo-async-atlas"),
        (
            "Choose a program for a connection string",
            "mongoping snippet emit mongodb://localhost:27017/",
        ),
        (
            "Write a program to a file, with options",
            "mongoping snippet emit node-atlas --app-name shop --timeout 5 -o app.js",
        ),
        (
            "Run a program",
            "mongoping snippet run pymongo-async-local mongodb://localhost:27017/",
        ),
        (
            "Convert programs from Motor to PyMongo Async",
            "mongoping snippet migrate app.py models.py",
        ),
    ),
    "targets": (
        ("List the configured connections", "mongoping targets"),
        ("Print them as JSON", "mongoping targets --format json"),
        ("Use one of them by its name", "mongoping check @orders"),
    ),
    "topology": (
        (
            "Show the members as a tree",
            "mongoping topology 'mongodb://db1.example.com,db2.example.com/?replicaSet=rs0'",
        ),
        (
            "Show which members a read preference selects",
            "mongoping topology --read-preference nearest --tags region:eu",
        ),
        (
            "Also connect with the Python of your program",
            "mongoping topology --python .venv/bin/python",
        ),
        ("Write a picture", "mongoping topology --format svg --output topology.svg"),
    ),
    "exporter": (
        ("Probe the targets of mongoping.toml for Prometheus", "mongoping exporter"),
        (
            "Accept other machines, with TLS and passwords",
            "mongoping exporter --listen 0.0.0.0:9927 --web.config.file web.yml",
        ),
        (
            "Name the configuration file",
            "mongoping exporter --config /etc/mongoping/mongoping.toml",
        ),
    ),
    "watch": (
        ("Ping until Ctrl-C", "mongoping watch"),
        ("Ping for five minutes, twice a second", "mongoping watch --interval 0.5 --duration 5m"),
        (
            "Record what happens, and replay it",
            "mongoping watch --duration 1h --record failover.jsonl",
        ),
        ("", "mongoping watch --replay failover.jsonl"),
        ("Set limits, for scripts", "mongoping watch --count 120 --max-loss 1 --max-p95 50"),
        ("Watch from a pod too", "mongoping watch --from kubectl:shop/orders-7d4f8"),
        (
            "Run a command when something goes down, comes up or is elected",
            """mongoping watch --on-event 'logger "$MONGOPING_EVENT_TEXT"'""",
        ),
    ),
}


def for_command(path: str) -> list[tuple[str, str]]:
    """Return the examples of a command or subcommand, such as ``mongoping snippet emit``."""
    words = path.split()
    rows = EXAMPLES.get(words[1], ()) if len(words) > 1 else MAIN
    return [row for row in rows if row[0] and (rows is MAIN or f"{row[1]} ".startswith(f"{path} "))]


MAIN = (
    ("Find out why a program cannot connect", "mongoping check mongodb://db.example.com/"),
    ("Check the server on this machine", "mongoping local"),
    ("Explain an error message", "mongoping explain 'connect ECONNREFUSED 127.0.0.1:27017'"),
)
"""Examples for the help of mongoping itself."""
