"""Answer the requests of Prometheus and of browsers, with aiohttp."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from aiohttp import web

from mongoping._version import __version__
from mongoping.depth import MODULES
from mongoping.escape import bug_location, printable
from mongoping.exporter.access import Access
from mongoping.exporter.budget import HEADER, MARGIN_S, budget_s
from mongoping.exporter.catalog import UnknownTargetError
from mongoping.exporter.own_metrics import OwnMetrics
from mongoping.exporter.page import page
from mongoping.formats.prometheus import MEDIA, exposition
from mongoping.record import NOTHING, Record

if TYPE_CHECKING:
    import socket
    import ssl

    from aiohttp.typedefs import Middleware

    from mongoping.exporter.probes import Prober

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
SHUTDOWN_S = 1.0  # for answers that are being sent
HEADERS: Mapping[str, str] = {
    "Server": "mongoping",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
TEXT = "text/plain"
PLACES = ("/", "/probe", "/metrics", "/-/healthy", "/-/targets")


class Options(Record):
    """How the server behaves. Times are in seconds.

    Attributes:
        limit_s: the most that a probe may take.
        margin_s: how long before a scrape times out its answer is ready.
        users: the bcrypt hash of each user's password; empty without authentication.
        headers: further headers of every answer.
    """

    limit_s: float
    margin_s: float = MARGIN_S
    users: Mapping[str, str] = NOTHING
    headers: Mapping[str, str] = NOTHING


class Server:
    """The routes of an exporter. `configure` replaces the options while it runs."""

    def __init__(
        self, prober: Prober, options: Options, note: Callable[[str], None] = lambda text: None
    ) -> None:
        self._prober = prober
        self._note = note
        self.metrics = OwnMetrics(prober)
        self.configure(options)

    def configure(self, options: Options) -> None:
        """Use other options from the next request on."""
        self._options = options
        self._access = Access(options.users)

    async def close(self) -> None:
        """Stop all probes."""
        await self._prober.close()

    def application(self) -> web.Application:
        """Return the application for a runner of aiohttp."""
        application = web.Application(middlewares=[self._guard])
        application.router.add_get("/", self._index)
        application.router.add_get("/probe", self._probe)
        application.router.add_get("/metrics", self._metrics)
        application.router.add_get("/-/healthy", self._healthy)
        application.router.add_get("/-/targets", self._targets)
        return application

    @property
    def _guard(self) -> Middleware:
        @web.middleware
        async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
            response = await self._answer(request, handler)
            response.headers.update({**HEADERS, **self._options.headers})
            path = request.path if request.path in PLACES else "other"
            self.metrics.count_request(path, response.status)
            return response

        return guard

    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Return the answer to a request. An error becomes one sentence, without what was sent."""
        if not await self._access.allows(request.headers.get("Authorization")):
            refusal = _sentence(401, "Log in with a user name and a password.")
            refusal.headers["WWW-Authenticate"] = 'Basic realm="mongoping"'
            return refusal
        try:
            return await handler(request)
        except web.HTTPException as error:
            words = {404: "There is no such page; see /.", 405: "Use GET or HEAD."}
            return _sentence(error.status, words.get(error.status, f"{error.reason}."))
        except Exception as error:
            sentence = f"mongoping failed: {bug_location(error)}. This is a bug; please report it."
            self._note(sentence)
            return _sentence(500, sentence)

    async def _probe(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Sec-Fetch-Site") == "cross-site":  # a page on another site
            return _sentence(403, "Probes cannot be started by other sites.")
        if "target" not in request.query:
            return _sentence(400, "Name a target: /probe?target=NAME")
        module = request.query.get("module", "full")
        if module not in MODULES:
            return _sentence(400, f"The module must be one of {', '.join(MODULES)}.")
        try:
            key = self._prober.catalog.key(request.query["target"])
        except UnknownTargetError as error:
            return _sentence(404, str(error))
        options = self._options
        seconds = budget_s(request.headers.get(HEADER), options.limit_s, options.margin_s)
        outcome = await self._prober.probe(key, module, seconds)
        text = exposition(outcome.samples)
        if outcome.status is None:
            text = f"# The probe did not run: {printable(outcome.text)}\n{text}"
        return _response(200, text, MEDIA)

    async def _metrics(self, request: web.Request) -> web.StreamResponse:
        return _response(200, self.metrics.text().decode(), self.metrics.media)

    async def _healthy(self, request: web.Request) -> web.StreamResponse:
        return _sentence(200, "mongoping exporter is healthy.")

    async def _targets(self, request: web.Request) -> web.StreamResponse:
        """Answer in the format of Prometheus's HTTP service discovery."""
        catalog = self._prober.catalog
        groups = [{"targets": [name], "labels": catalog.labels(name)} for name in catalog.names]
        return _response(200, json.dumps(groups) + "\n", "application/json")

    async def _index(self, request: web.Request) -> web.StreamResponse:
        prober = self._prober
        text = page(prober.catalog.names, prober.last, time.time(), __version__)
        return _response(200, text, "text/html; charset=utf-8")


def _response(status: int, text: str, media: str) -> web.Response:
    response = web.Response(status=status, body=text.encode("utf-8", "replace"))
    response.headers["Content-Type"] = media
    return response


def _sentence(status: int, text: str) -> web.Response:
    return _response(status, f"{text}\n", f"{TEXT}; charset=utf-8")


async def serve(
    server: Server,
    sock: socket.socket,
    tls: ssl.SSLContext | None,
    stop: asyncio.Event,
    ready: Callable[[], None] = lambda: None,
) -> None:
    """Answer requests on a listening socket until ``stop`` is set; call ``ready`` at the start."""
    _silence()
    runner = web.AppRunner(
        server.application(),
        access_log=None,  # it would show connection strings in requests
        handle_signals=False,
        shutdown_timeout=SHUTDOWN_S,
    )
    await runner.setup()
    try:
        await web.SockSite(runner, sock, ssl_context=tls).start()
        ready()
        await stop.wait()
    finally:
        await server.close()
        with contextlib.suppress(OSError):
            await runner.cleanup()


def _silence() -> None:
    """Keep libraries from printing tracebacks: those of clients that break their connection."""
    logger = logging.getLogger("aiohttp")
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
