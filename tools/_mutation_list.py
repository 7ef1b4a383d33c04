"""The mutations that the tests have to catch: one bug each, and the tests that notice."""

from __future__ import annotations

from typing import NamedTuple


class Mutation(NamedTuple):
    """One bug: ``before`` occurs once in ``file`` and becomes ``after``."""

    name: str
    file: str
    before: str
    after: str
    tests: tuple[str, ...]


DIAGNOSIS = "mongoping/diagnosis.py"
ROOT_TESTS = ("tests/test_diagnosis.py", "tests/test_root_cause.py", "tests/causes")
REPORT_TESTS = ("tests/test_report.py", "tests/test_api.py", "tests/test_runner_ends.py")
SPELLINGS = "mongoping/uri/spellings.py"
SECRET_TESTS = ("tests/uri/test_redaction.py", "tests/uri/test_target_secrets.py")

MUTATIONS = (
    Mutation(
        "diagnosis: an interrupted run counts as cut short by its deadline",
        DIAGNOSIS,
        "    if evidence.interrupted:\n        return []\n",
        "",
        ROOT_TESTS,
    ),
    Mutation(
        "diagnosis: a warning hides errors",
        DIAGNOSIS,
        'weaker = ("info",) if severity != "error" else ("info", "warning")',
        'weaker = ("info",)',
        ROOT_TESTS,
    ),
    Mutation(
        "diagnosis: a cause of one host hides that of another host",
        DIAGNOSIS,
        "        and _share_a_host(other, finding)\n",
        "",
        ROOT_TESTS,
    ),
    Mutation(
        "diagnosis: faults of all layers become warnings if the driver works",
        DIAGNOSIS,
        'if finding.severity != "error" or finding.layer not in HOST_LAYERS:',
        'if finding.severity != "error":',
        ROOT_TESTS,
    ),
    Mutation(
        "diagnosis: the fault of fewer hosts comes first",
        DIAGNOSIS,
        "is_unexplained, -host_count, first",
        "is_unexplained, host_count, first",
        ROOT_TESTS,
    ),
    Mutation(
        "diagnosis: outranks is not transitive",
        DIAGNOSIS,
        "        waiting += fresh\n",
        "",
        ROOT_TESTS,
    ),
    Mutation(
        "diagnosis: a cause does not explain the checks that it names",
        DIAGNOSIS,
        "        if result.check in finding.match.explains:\n            return True\n",
        "",
        ROOT_TESTS,
    ),
    Mutation(
        "report: an interrupted run is healthy",
        "mongoping/report.py",
        'return "warn" if has_warning or evidence.interrupted else "ok"',
        'return "warn" if has_warning else "ok"',
        REPORT_TESTS,
    ),
    Mutation(
        "report: warnings fail without --strict",
        "mongoping/model/report.py",
        'EXIT_UNEXPLAINED if strict and self.status == "warn"',
        'EXIT_UNEXPLAINED if self.status == "warn"',
        ("tests/test_report.py", "tests/smoke/test_exit_codes.py"),
    ),
    Mutation(
        "report: a crashed check is not a bug of mongoping",
        "mongoping/model/report.py",
        "        if any(layer.crashed for layer in self.layers):\n            return EXIT_BUG\n",
        "",
        ("tests/test_report.py", "tests/test_own_defects.py", "tests/smoke/test_exit_codes.py"),
    ),
    Mutation(
        "redaction: only long secrets are hidden inside of words",
        SPELLINGS,
        "MIN_INSIDE = 4 ",
        "MIN_INSIDE = 40 ",
        SECRET_TESTS,
    ),
    Mutation(
        "redaction: UTF-8 that was read as Latin-1 is not recognized",
        SPELLINGS,
        "dict.fromkeys((*secrets, *misread))",
        "dict.fromkeys(secrets)",
        SECRET_TESTS,
    ),
    Mutation(
        "redaction: encoded once at most",
        SPELLINGS,
        '_PERCENT = "%(?:25){0,3}"',
        '_PERCENT = "%"',
        SECRET_TESTS,
    ),
    Mutation(
        "redaction: no octal escapes",
        SPELLINGS,
        'escapes += [then.join(f"{octet:03o}" for octet in octets), f"U{code:08x}"]',
        'escapes += [f"U{code:08x}"]',
        SECRET_TESTS,
    ),
    Mutation(
        "redaction: secrets are hidden as written, not as decoded",
        "mongoping/uri/redaction.py",
        "values |= {spelling, unquote_plus(spelling)}",
        "values |= {spelling}",
        SECRET_TESTS,
    ),
    Mutation(
        "redaction: a secret that the limit cuts is shown in part",
        "mongoping/uri/redaction.py",
        "text, 0, limit + reach",
        "text, 0, limit",
        SECRET_TESTS,
    ),
    Mutation(
        "redaction: logins of other schemes are shown",
        "mongoping/uri/target.py",
        "_LOGIN.sub(_hide_login, _TOKEN.sub(_scrub_token, clean_text))",
        "_TOKEN.sub(_scrub_token, clean_text)",
        SECRET_TESTS,
    ),
    Mutation(
        "tcp: an address that the driver does not try counts as its connection",
        "mongoping/checks/tcp.py",
        "if connected_address is None and tcp_attempt.driver:",
        "if connected_address is None:",
        ("tests/checks/test_tcp.py", "tests/checks/test_own_addresses.py"),
    ),
    Mutation(
        "network: timeoutMS is not a limit",
        "mongoping/causes/network.py",
        '"socketTimeoutMS", "timeoutMS")',
        '"socketTimeoutMS")',
        ("tests/causes",),
    ),
    Mutation(
        "os errors: a forbidden connection is unreachable",
        "mongoping/probe/os_errors.py",
        '    "EACCES": "prohibited",',
        '    "EACCES": "unreachable",',
        ("tests/probe/test_os_errors.py",),
    ),
    Mutation(
        "srv: srvMaxHosts is ignored",
        "mongoping/probe/srv_rules.py",
        'int(target.options.get("srvMaxHosts") or 0)',
        "0",
        ("tests/probe/test_srv_rules.py", "tests/checks/test_srv.py"),
    ),
    Mutation(
        "roles: a member without a configuration is a standalone",
        "mongoping/probe/roles.py",
        '    if reply.get("isreplicaset"):\n        return "uninitialized"\n',
        "",
        ("tests/probe/test_roles.py",),
    ),
    Mutation(
        "scram: any number of iterations is computed",
        "mongoping/probe/scram.py",
        "if not MIN_ITERATIONS <= count <= MAX_ITERATIONS:",
        "if not MIN_ITERATIONS <= count:",
        ("tests/probe/test_scram.py",),
    ),
    Mutation(
        "wire: replies of any length are read",
        "mongoping/probe/wire.py",
        "if length > MAX_REPLY_BYTES:",
        "if length > 2**31:",
        ("tests/probe/test_wire.py", "tests/probe/test_connection.py"),
    ),
    Mutation(
        "auth: rights on a database count without its collections",
        "mongoping/checks/auth.py",
        'resource.get("db") in ("", database) and "collection" in resource',
        'resource.get("db") in ("", database)',
        ("tests/checks/test_auth.py",),
    ),
    Mutation(
        "certificates: a wildcard covers more than one label",
        "mongoping/causes/_certificates.py",
        'return own in known_names or (bool(parent) and f"*.{parent}" in known_names)',
        "return own in known_names or any(own.endswith(name[1:]) for name in known_names)",
        ("tests/causes/test_certificates.py", "tests/causes/test_tls.py"),
    ),
    Mutation(
        "smoke: names of Atlas are awaited",
        "mongoping/smoke/waiting.py",
        'if cause == "dns.host-not-found" and names and all(map(is_atlas, names)):',
        'if cause == "dns.host-not-found" and not names:',
        ("tests/smoke/test_waiting.py",),
    ),
    Mutation(
        "health endpoint: any path returns the state",
        "mongoping/healthcheck/server.py",
        "404: ",
        "414: ",
        ("tests/healthcheck/test_server.py",),
    ),
    Mutation(
        "html: foreign text is markup",
        "mongoping/formats/html.py",
        "    return escape(printable(text))\n",
        "    return printable(text)\n",
        ("tests/formats/test_html.py",),
    ),
    Mutation(
        "output: control characters reach the terminal",
        "mongoping/output.py",
        '    "[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f',
        '    "[\\x00-\\x08\\x7f-\\x9f',
        ("tests/test_output.py",),
    ),
)
