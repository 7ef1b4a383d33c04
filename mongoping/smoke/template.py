"""Generate the commented file that ``smoke --init`` writes. Pure."""

from __future__ import annotations

from mongoping.smoke.config_keys import KEYS
from mongoping.smoke.expectations import KINDS

EXAMPLES = {
    "server": '">=6.0,<9"',
    "topology": '"replica-set"',
    "members": "3",
    "tls-version": '"1.2"',
    "certificate-days": "21",
    "user": '"app@admin"',
    "roles": '["readWrite@shop"]',
    "privileges": '["find@shop", "insert@shop"]',
    "read-concern": '"local"',
    "write-concern": '"majority"',
    "p50-ms": "20",
    "p95-ms": "50",
    "p99-ms": "100",
    "connect-ms": "500",
    "lag-s": "10",
    "clock-skew-s": "5",
}
WIDTH = 30

HEAD = """\
# What `mongoping smoke` tests, and what it expects.
# The same may stand in pyproject.toml, under [tool.mongoping] and [tool.mongoping.targets.NAME].
# No secret belongs in here: connection strings come from environment variables, by name.
"""


def template() -> str:
    """Return a configuration that works if MONGODB_URI is set; the rest is commented out."""
    parts = [HEAD, "# Defaults for all targets; a target can override them."]
    parts += [_key(key.name, key.example, key.summary) for key in KEYS if key.scope != "target"]
    parts += ["", "# Expectations for all targets; mongoping smoke --expect help lists them too."]
    parts.append("[expect]")
    parts += [_key(kind.name, EXAMPLES.get(kind.name, "true"), kind.summary) for kind in KINDS]
    parts += ["", "# One table per deployment, with a name of your choice.", "[targets.main]"]
    parts.append('uri-env = "MONGODB_URI"')
    parts += [
        _key(key.name, key.example, key.summary)
        for key in KEYS
        if key.scope == "target" and key.name != "uri-env"
    ]
    parts += ["", "# More expectations for this target.", "# [targets.main.expect]"]
    parts.append("# primary = true")
    return "\n".join(parts) + "\n"


def _key(name: str, example: str, summary: str) -> str:
    return f"# {name} = {example}".ljust(WIDTH) + f"  # {summary}"
