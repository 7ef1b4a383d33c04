"""Messages of the Java driver."""

from __future__ import annotations

SAYS: dict[str, tuple[str, ...]] = {
    "client.setting-refused": (
        r"(?#otherwise)java\.lang\.IllegalArgumentException: (?:(?!\sat [\w$]{1,40}\.\w)[^\n]){1,300}+\n\s{1,8}+at com\.mongodb\.",
    ),
    "client.driver-defect": (r"(?#otherwise)com\.mongodb\.MongoInternalException: ",),
}
