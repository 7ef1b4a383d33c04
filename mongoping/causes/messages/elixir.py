"""Messages of the Elixir driver."""

from __future__ import annotations

SAYS: dict[str, tuple[str, ...]] = {
    "uri.empty-credentials": (r"X509 auth needs a username!",),
    "uri.invalid-option": (r"\] Unable to parse the read preference tags ",),
    "client.setting-refused": (
        r"(?#otherwise)\*\* \(ArgumentError\) [^\n]{1,300}+\n {1,8}\(mongodb_driver \d",
    ),
}
