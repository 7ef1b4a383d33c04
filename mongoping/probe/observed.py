"""The driver's pool and connections with an observer: what PyMongo itself sends and receives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mongoping.observer import Stopwatch
from mongoping.probe import wire
from mongoping.uri.host import Host

if TYPE_CHECKING:
    from collections.abc import Callable


def observed_connection(base: type[Any]) -> type[Any]:
    """Return a connection class that shows every message to the observer."""

    class ObservedConnection(base):  # type: ignore[misc]
        _timed: Stopwatch | None = None

        async def send_message(self, message: bytes, max_doc_size: int) -> None:
            self._timed = stopwatch = Stopwatch("driver", _name(self))
            stopwatch.message(wire.command_in(message), is_sent=True)
            await super().send_message(message, max_doc_size)

        async def receive_message(self, request_id: int | None) -> Any:
            # a monitor that streams receives several replies to one command
            stopwatch, self._timed = self._timed or Stopwatch("driver", _name(self)), None
            try:
                reply = await super().receive_message(request_id)
            except Exception as error:
                stopwatch.done(f"{type(error).__name__}: {error}")
                raise
            stopwatch.message(reply.unpack_response()[0], is_sent=False)
            return reply

    return ObservedConnection


def observed_connect(connect: Callable[..., Any]) -> Callable[..., Any]:
    """Return a pool's ``connect`` that shows each new connection to the observer."""

    async def observed_open(pool: Any, *args: Any, **options: Any) -> Any:
        stopwatch = Stopwatch("driver", _name(pool))
        try:
            connection = await connect(pool, *args, **options)
        except Exception as error:
            stopwatch.done(f"connection failed: {type(error).__name__}: {error}")
            raise
        stopwatch.done("connection ready")
        return connection

    return observed_open


def _name(owner: Any) -> str:
    return str(Host(*owner.address))
