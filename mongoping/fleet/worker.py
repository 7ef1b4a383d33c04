"""Run targets in another process of this machine, which a pipe connects to the first one.

The first line on standard input is the plan; each further line is a target. Each line on standard
output is a result. The process ends when its standard input does.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import ExitStack
from typing import Any

from mongoping import clock
from mongoping.driver_import import allow_shortcuts
from mongoping.fleet.engine import Engine
from mongoping.fleet.line import Line
from mongoping.fleet.plan import Plan, entry_from_json, interpreter_from_json, plan_from_json
from mongoping.output import pipe_error

MAX_LINE = 1024 * 1024  # bytes of a target on the pipe


def main() -> None:
    """Run the targets from standard input; never print a traceback that could hold a secret."""
    clock.sharpen()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches this process, too
    results = os.dup(1)
    os.dup2(2, 1)  # whatever a library prints must not get between the results
    with contextlib.suppress(BrokenPipeError):  # the first process has ended
        asyncio.run(_serve(results))
    os._exit(0)


async def _serve(results: int) -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=MAX_LINE)
    await _connect(reader)
    start = json.loads(await reader.readline())
    plan, share = plan_from_json(start["plan"]), int(start["share"])
    if start["python"] is not None:
        python = interpreter_from_json(start["python"])
        plan = plan.replace(settings=plan.settings.replace(python=python))
    stop = asyncio.Event()
    if sys.platform != "win32":  # there, SIGTERM ends a process at once
        loop.add_signal_handler(signal.SIGTERM, stop.set)
    allow_shortcuts()  # this process is mongoping's own
    async with preparation(plan):
        await run_lines(reader, plan, stop, lambda line: _send(results, line), share)
    # before the loop closes: a signal after that would find the descriptor of asyncio closed
    if sys.platform != "win32":
        loop.remove_signal_handler(signal.SIGTERM)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the process is about to end


async def _connect(reader: asyncio.StreamReader) -> None:
    """Pass on what arrives on standard input; on Windows with a thread.

    There, an event loop reads only pipes that were opened for it. The sender waits for results, so
    little can pile up.
    """
    loop = asyncio.get_running_loop()
    if sys.platform != "win32":
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        return
    threading.Thread(target=_read, args=(loop, reader), daemon=True).start()


def _read(loop: asyncio.AbstractEventLoop, reader: asyncio.StreamReader) -> None:
    with contextlib.suppress(RuntimeError, OSError):  # the loop has ended
        for line in sys.stdin.buffer:
            loop.call_soon_threadsafe(reader.feed_data, line)
        loop.call_soon_threadsafe(reader.feed_eof)


@contextlib.asynccontextmanager
async def preparation(plan: Plan) -> AsyncIterator[None]:
    """Prepare this process, and keep the program's Python running during the block."""
    python = plan.settings.python
    async with contextlib.AsyncExitStack() as stack:
        if python is not None:
            from mongoping.interpreter.resident import residing

            await stack.enter_async_context(residing(python.path))
        prepare(plan, stack.enter_context(ExitStack()))
        yield


def prepare(plan: Plan, stack: ExitStack) -> None:
    """Import what every target needs, so that no import blocks a measurement."""
    from mongoping import registry
    from mongoping.driver_import import import_pymongo

    registry.checks()
    registry.causes()
    if plan.module != "hello":
        import_pymongo()
    if plan.ip_version is not None:
        from mongoping.probe.family import restrict

        stack.enter_context(restrict(plan.ip_version))


async def run_lines(
    reader: asyncio.StreamReader, plan: Plan, stop: asyncio.Event, emit: Any, share: int
) -> None:
    """Run the targets that arrive on a pipe, one per line, until it ends."""
    engine = Engine(plan, emit, stop, share=share)
    feeding = asyncio.ensure_future(_feed(reader, engine))
    await engine.run()
    feeding.cancel()


async def _feed(reader: asyncio.StreamReader, engine: Engine) -> None:
    try:
        while data := await reader.readline():
            document = json.loads(data)
            deployment, hosts = document["places"]
            places = deployment, tuple(hosts)
            await engine.put(entry_from_json(document), places)
    finally:
        engine.close()


def _send(results: int, line: Line) -> None:
    data = json.dumps(line.as_json(), ensure_ascii=True, allow_nan=False).encode() + b"\n"
    try:
        while data:
            data = data[os.write(results, data) :]
    except OSError as error:
        raise pipe_error(error) from None


if __name__ == "__main__":
    main()
