"""Messages of the PHP extension; those of its C library are in `mongoping.causes.messages.c`."""

from __future__ import annotations

_DRIVER = r"\bMongoDB\\Driver\\Exception\\"
# what such an exception says of values and documents, not of connecting
_DATA = (
    r"(?![^\n]{0,200}\b(?:ObjectI[dD]|BSON (?!structure)|Decimal128|UTF-8|document|bulk|UTCDateT))"
)

SAYS: dict[str, tuple[str, ...]] = {
    "uri.invalid-option": (
        r"Failed to parse (?:\"\w{1,60}\" URI option|URI options: )",
        r"(?#likely)InvalidArgumentException: (?:Unsupported \w{1,40} value: |Invalid (?:mode|appname "
        r"value): |Expected (?:mode|maxStalenessSeconds|wtimeoutMS) to be )",
        r"(?#likely)authMechanismProperties \w{1,40} already set, ignoring",
        r"InvalidArgumentException: (?:Read preference|Write concern) is not valid",
    ),
    "uri.conflicting-options": (
        r"Primary read preference mode conflicts with|\bJournal conflicts with w value",
    ),
    "client.module-missing": (
        r"(?:^|Class \W?|: )MongoDB\\{1,2}(?:Driver\\{1,2}\w{1,30}|Client)\W? {1,2}not found",
        r"Class \W?Mongo(?:Client|Id)\W? not found",
        r"Call to undefined function MongoDB\\BSON\b",
        r"Unable to load dynamic library \W?[^\s'\"]{0,200}mongodb(?:\.so|\.dll)?\b",
        r"requires ext-mongodb [^\n]{1,60} (?:missing|has the wrong version|not present)",
    ),
    "client.setting-refused": (
        r"(?#likely)MongoDB\\Exception\\InvalidArgumentException: Expected \"\w{1,40}\" "
        r"(?:driver|handshake|URI) option to have type",
        rf"(?#otherwise){_DRIVER}InvalidArgumentException: {_DATA}",
    ),
    "client.driver-defect": (
        r"(?#otherwise)RuntimeException: [^\n]{0,200}\bplease file a bug",
        r"(?#otherwise)RuntimeException: (?:Failed to (?:add Manager|set APM|get server)|Found no Manager|Subscr)",
        r"(?#otherwise)RuntimeException: (?:mongoc_uri_t does not have|Resolving unknown phongo error)",
        r"(?#otherwise)RuntimeException: [\w\\]{1,60}+ unserialization failed",
    ),
}
