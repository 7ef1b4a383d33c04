"""Messages of mongo_dart."""

from __future__ import annotations

SAYS: dict[str, tuple[str, ...]] = {
    "uri.missing-host": (r"MongoDB ConnectionException: Could not connect to :\d",),
    "uri.malformed": (r"(?#likely)MongoDart Error: Database name not specified",),
    "uri.invalid-option": (r"(?#likely)MongoDart Error: Authentication scheme not specified",),
    "uri.srv-host-too-short": (
        r"(?#likely)MongoDart Error: At list a domain is required, but got",
    ),
    "hello.not-mongodb": (
        r"(?#likely)MongoDart Error: (?:Empty reply message received|Bad state\. Read buffer too big)",
    ),
    "client.not-connected-yet": (
        r"(?#likely)MongoDart Error: (?:Invalid Connection manager state|Attempt to open db in)",
        r"(?#likely)MongoDart Error: Message buffer not yet initialized",
    ),
    "client.module-missing": (
        r"(?:Couldn't resolve|Not found:) (?:the package '|'?package:)mongo_dart",
    ),
    "client.setting-refused": (
        r"(?#otherwise)Invalid argument\(s\): [^\n]{1,300}+\n(?:[^\n]{0,200}+\n){0,2}?"
        r"#0 {1,8}+[^\n]{1,80}package:mongo_dart",
    ),
    "client.driver-defect": (
        r"(?#otherwise)MongoDart Error: (?:Bad state\. |getnonce command not managed"
        r"|Authenticator wasn't specified)",
    ),
}
