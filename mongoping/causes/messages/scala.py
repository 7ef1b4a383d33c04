"""Messages of ReactiveMongo."""

from __future__ import annotations

_MESSAGE = r"(?:(?!\sat [\w$]{1,40}\.\w)[^\n]){0,300}+"
_FRAME = r"(?:\n\s{1,8}+at (?:javax?|scala)\.[^\n]{0,240}+){0,4}+\n\s{1,8}+at reactivemongo\."

SAYS: dict[str, tuple[str, ...]] = {
    "hello.not-mongodb": (
        rf"(?#likely)\b(?:Invalid message (?:header|length)|Unexpected opCode|Unsupported OpMessage){_MESSAGE}{_FRAME}core\.protocol\.",
        r"(?#possible)MongoError\['Cannot preload empty response",
    ),
    "hello.closed-by-server": (r"(?#possible)MongoError\['Socket disconnected\b",),
    "dns.resolver-failed": (r"(?#possible)MongoError\['Unexpected record: ",),
    "uri.malformed": (
        r"(?#likely)IllegalArgumentException: Missing database name\n\s{1,8}at react",
    ),
    "client.compressor-missing": (
        rf"(?#possible)\bUnexpected compressor ID: {_MESSAGE}{_FRAME}core\.protocol\.",
    ),
    "client.closed": (
        r"(?#likely)Refusing to add connection while the driver is closing|Close request received from \S{1,80}, but already closing",
        r"(?#possible)Fails to close connections within timeout",
    ),
    "client.setting-refused": (
        rf"(?#otherwise)java\.lang\.(?:IllegalArgument|UnsupportedOperation|NumberFormat)Exception: {_MESSAGE}{_FRAME}",
    ),
    "client.driver-defect": (
        rf"(?#otherwise)(?:java\.lang\.(?:IllegalState|IndexOutOfBounds|NullPointer|ClassCast)Exception|scala\.MatchError)(?:: {_MESSAGE})?{_FRAME}",
    ),
}
