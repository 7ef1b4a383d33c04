"""Examples of every command, what its exit codes mean, and where its guide is. Data.

Each example is a sentence and the line that does it; the tests parse every line.
"""

from __future__ import annotations

from collections.abc import Mapping

EXAMPLES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "check": (
        ("The string from the environment (`MONGOPING_URI` or `MONGODB_URI`)", "mongoping check"),
        (
            "A replica set, with more pings and every fact",
            "mongoping check 'mongodb://db1.example.com,db2.example.com/?replicaSet=rs0' "
            "--count 50 --verbose",
        ),
        (
            "A server with an authority of its own, by another name server",
            "mongoping check mongodb://db.example.com --tls --tls-ca-file ca.pem "
            "--resolver 192.0.2.53",
        ),
        (
            "The string from a file, the password from another",
            "mongoping check --uri-file /run/secrets/uri --password-file /run/secrets/password",
        ),
        (
            "Every fact as JSON, for a ticket or a program",
            "mongoping check --format json --output report.json",
        ),
        ("Where the time of a first ping goes", "mongoping check --waterfall --count 20"),
        ("One line; warnings fail as well", "mongoping check --quiet --strict"),
    ),
    "atlas": (
        (
            "Ask for the password instead of writing it down",
            "mongoping atlas 'mongodb+srv://ada@cluster0.ab1cd.mongodb.net/' --ask-password",
        ),
        ("Without declaring the Stable API", "mongoping atlas --no-stable-api"),
        ("Refuse commands outside version 1", "mongoping atlas --api-strict"),
    ),
    "local": (
        ("What listens on localhost:27017", "mongoping local"),
        ("Another port", "mongoping local localhost:27018"),
        ("A UNIX socket", "mongoping local /tmp/mongodb-27017.sock"),
        ("No server at hand: a throwaway one", "mongoping local --sandbox"),
    ),
    "uri": (
        (
            "The parts of a string, its options and what they come to",
            "mongoping uri 'mongodb+srv://cluster0.ab1cd.mongodb.net/shop?w=1'",
        ),
        ("Many strings, one from each line, as JSON", "mongoping uri - --format json"),
        ("A string that the history of the shell shall not keep", "mongoping uri --uri-file uri"),
    ),
    "causes": (
        ("All causes, by layer", "mongoping causes"),
        ("Those of one layer", "mongoping causes tls"),
        ("The page of one", "mongoping causes auth.wrong-auth-source"),
        ("The catalogue for programs", "mongoping causes --format json"),
    ),
    "compat": (
        ("This environment", "mongoping compat"),
        ("A combination that is planned", "mongoping compat --server 4.2 --pymongo 4.20"),
        ("A Motor, with its Python", "mongoping compat --motor 3.7.1 --python 3.13"),
    ),
    "explain": (
        (
            "A message",
            "mongoping explain 'MongoNetworkError: connect ECONNREFUSED 127.0.0.1:27017'",
        ),
        ("A traceback out of a file", "mongoping explain < traceback.txt"),
        ("All errors of a log, grouped by cause", "mongoping explain --file app.log"),
        ("The answer for programs", "mongoping explain --format json - < traceback.txt"),
    ),
    "sandbox": (
        ("A server until Ctrl-C", "mongoping sandbox"),
        (
            "A command against a replica set with a login",
            "mongoping sandbox --kind replica-set --auth -- mongoping check",
        ),
        (
            "A fault, and what mongoping says of it",
            "mongoping sandbox --fault tls.unknown-ca -- mongoping check",
        ),
        ("Three members that look like Atlas", "mongoping sandbox --like atlas -- mongoping atlas"),
        ("Which faults there are", "mongoping sandbox --list-faults"),
    ),
    "smoke": (
        (
            "Wait for a primary for a minute, and leave a report",
            "mongoping smoke --wait 60 --until primary --report junit=mongoping.xml",
        ),
        (
            "What a program relies on",
            "mongoping smoke --expect 'server=>=6.0' --expect primary --expect members=3",
        ),
        ("A cheap health check, as containers run it", "mongoping smoke --probe --until hello"),
        ("Begin a configuration file", "mongoping smoke --init"),
        ("Which expectations there are", "mongoping smoke --expect help"),
    ),
    "snippet": (
        ("Programs in Python", "mongoping snippet list --language python"),
        ("One program", "mongoping snippet show pymongo-async-atlas"),
        ("Filled in for a deployment", "mongoping snippet emit mongodb://localhost:27017/"),
        (
            "Into a file, with options",
            "mongoping snippet emit node-atlas --app-name shop --timeout 5 -o app.js",
        ),
        (
            "Run it",
            "mongoping snippet run pymongo-async-local mongodb://localhost:27017/",
        ),
        ("From Motor to PyMongo Async", "mongoping snippet migrate app.py models.py"),
    ),
    "topology": (
        (
            "The members as a tree",
            "mongoping topology 'mongodb://db1.example.com,db2.example.com/?replicaSet=rs0'",
        ),
        (
            "Whom a read preference selects",
            "mongoping topology --read-preference nearest --tags region:eu",
        ),
        ("A picture", "mongoping topology --format svg --output topology.svg"),
    ),
    "watch": (
        ("Until Ctrl-C", "mongoping watch"),
        ("Five minutes, twice a second", "mongoping watch --interval 0.5 --duration 5m"),
        (
            "Keep what happened, and show it again",
            "mongoping watch --duration 1h --record failover.jsonl",
        ),
        ("", "mongoping watch --replay failover.jsonl"),
        ("A limit for scripts", "mongoping watch --count 120 --max-loss 1 --max-p95 50"),
    ),
}

LAYERED = (
    "0 where the deployment is healthy, the code of the layer where the cause was seen (10 to 19), "
    "1 where no known cause explains the failure or, with --strict, where there are warnings."
)
EXITS: Mapping[str, str] = {
    "check": LAYERED,
    "atlas": LAYERED,
    "local": LAYERED,
    "topology": f"{LAYERED} 17 if the read preference selects no member, and 2 for a "
    "--max-staleness that every driver refuses.",
    "smoke": "0 where every target is ready and meets what is expected, else the code of the "
    "first target that failed: that of the layer, or 18 for an expectation.",
    "watch": "0 where pings came back and no limit was exceeded; 18 where none did, or --max-loss "
    "or --max-p95 was; 130 where it was stopped before --count or --duration was over.",
    "uri": "0 where every string is valid, 10 where any is not.",
    "causes": "0.",
    "compat": "0 where the combination can work, warnings included; 19 where it cannot.",
    "explain": "0 where a cause is named, 1 where the text cannot tell.",
    "sandbox": "That of the command that was run; 127 where there is no such command; 19 where "
    "no mongod is found that could be started.",
    "snippet": "0; run and emit --verify exit with 1 where the program did not reach the "
    "deployment, 10 where the string is refused and 19 where the driver is missing; migrate "
    "--check with 1 where something is left to do.",
}

GUIDES: Mapping[str, tuple[str, ...]] = {
    "check": ("reading-a-report.md", "waterfall.md", "how-it-knows.md", "report-schema.md"),
    "atlas": ("atlas.md", "reading-a-report.md"),
    "local": ("local.md", "reading-a-report.md"),
    "uri": ("security.md",),
    "causes": ("causes.md", "how-it-knows.md"),
    "compat": ("compatibility.md",),
    "explain": ("explain.md", "causes.md"),
    "sandbox": ("causes.md", "contributing.md"),
    "smoke": ("ci.md", "report-schema.md"),
    "snippet": ("snippets.md",),
    "topology": ("topology.md", "reading-a-report.md"),
    "watch": ("watch.md",),
}
"""The pages in docs/ that say more of a command."""
