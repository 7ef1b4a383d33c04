"""The exception that the driver shows to a program, as text without secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mongoping.escape import clip
from mongoping.lazy_re import lazy_compile

if TYPE_CHECKING:
    from mongoping.settings import Settings
    from mongoping.uri.target import Credentials, ParsedUri

SELECTION_S = 30.0  # PyMongo's default of serverSelectionTimeoutMS
MAX_TEXT = 1000
BUDGET_S = 2.0  # for a driver that is only asked for its exception
_OWN_TIMEOUTS = lazy_compile(r" ?\(configured timeouts: [^)]{0,200}\)")
_NO_WAIT = "Timeout: 0s"


def message_of(error: BaseException, credentials: Credentials | None) -> str:
    """Return an exception as the last line of a traceback shows it, without secrets.

    The timeouts that PyMongo quotes are left out, because they are mongoping's own.
    """
    from mongoping.uri.target import scrub

    kind = type(error)
    name = (
        kind.__qualname__
        if kind.__module__ == "builtins"
        else f"{kind.__module__}.{kind.__qualname__}"
    )
    text = _OWN_TIMEOUTS.sub("", scrub(str(error), credentials, MAX_TEXT))
    return clip(f"{name}: {text}" if text else name, MAX_TEXT)


async def selection_message(
    client: Any, options: dict[str, Any], credentials: Credentials | None
) -> str | None:
    """Return what an operation of this client would raise now, or None if it finds a server.

    The driver's own selection raises it, without waiting. ``options`` are those of the connection
    string: the text states the timeout that a program would have waited for.
    """
    from pymongo.errors import PyMongoError

    try:
        await client._topology.select_server(client.read_preference, "ping", 0)
    except PyMongoError as error:
        own = options.get("serverSelectionTimeoutMS")
        seconds = own / 1000 if isinstance(own, (int, float)) else SELECTION_S
        return message_of(error, credentials).replace(_NO_WAIT, f"Timeout: {seconds}s", 1)
    except Exception:  # _topology is private: without it, there is no message
        return None
    return None


async def raised_message(uri: ParsedUri, settings: Settings) -> str | None:
    """Start the driver and return what it raises; for runs that ended before they needed it.

    Do not call it if OpenSSL would prompt for the password of a key.
    """
    from mongoping.client import Driver
    from mongoping.probe.dns import system_override

    driver = Driver(uri, settings)
    options = dict(uri.target.options) if uri.target else {}
    try:
        with system_override(settings.resolver):
            await driver.connect(BUDGET_S)
            return await selection_message(driver.client, options, uri.credentials)
    except Exception as error:  # a malformed connection string can raise anything
        return message_of(error, uri.credentials)
    finally:
        await driver.close()
