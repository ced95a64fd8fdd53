"""A server on a real port, inside the running event loop."""

import asyncio
import errno
import logging
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import uvicorn
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from worker.serving.bodies import answer_unread
from worker.serving.errors import AddressInUse, ServeError
from worker.serving.guard import has_address
from worker.serving.protocol import Bounded, BoundedHttpTools, Bounds

_LOG: Final = logging.getLogger("uvicorn.error")
# How long a server that stops waits for what is under way, and then for what it has cancelled.
_GRACE_SECONDS: Final = 5.0
_LAST_SECONDS: Final = 2
# Bytes of a message that a WebSocket of workerd takes.
_LARGEST_MESSAGE: Final = 32 * 1024 * 1024
_BACKLOG: Final = 128  # connections that wait to be taken; asyncio takes as many at once


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: what starts the server decides when it ends."""

    def __init__(self, config: uvicorn.Config, grace: float) -> None:
        super().__init__(config)
        self._grace = grace

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Wait for requests that are under way, but not for one that does not end."""
        cutting = asyncio.get_running_loop().call_later(self._grace, self._cut_off)
        try:
            await super().shutdown(sockets)
        finally:
            cutting.cancel()

    def _cut_off(self) -> None:
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        for task in list(self.server_state.tasks):
            task.cancel()


class _Answering:
    """``app``, for requests that go somewhere; some come to no end, and nobody needs to read why.

    The client hung up, or the server stops and its grace is over.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            if scope["type"] == "lifespan" or has_address(scope):
                await self._app(scope, receive, send)
            else:
                text = "The request names no path, or no valid host."
                await answer_unread(PlainTextResponse(text, 400), scope, receive, send)
        except ClientDisconnect:
            pass
        except asyncio.CancelledError:
            if scope["type"] == "lifespan":
                raise


def _without_traceback(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """One line where no descriptor is left for a connection, which waits then; asyncio tries again in 1 s."""
    error = context.get("exception")
    if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
        _LOG.warning(
            "No connection is accepted for a second: %s. Raise the limit with ulimit -n.", error.strerror
        )
    else:
        loop.default_exception_handler(context)


def _websockets(*arguments: Any, **options: Any) -> Any:
    """The protocol of a connection that becomes a WebSocket; it is imported with the first of them."""
    from worker.serving.websockets import WebSockets

    return WebSockets(*arguments, **options)


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes any free one. Raises AddressInUse, ServeError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio switches delayed sending off only for sockets that name it.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise AddressInUse(host, port) from error
        raise ServeError(f"cannot listen on {host}:{port}: {error.strerror}") from error
    return listener


@dataclass(frozen=True, slots=True)
class Certificate:
    """What TLS takes: two files in PEM."""

    certificate: Path
    key: Path


@asynccontextmanager
async def serve(
    app: ASGIApp,
    listener: socket.socket,
    http: type[Bounded] = BoundedHttpTools,
    tls: Certificate | None = None,
    *,
    bounds: Bounds | None = None,
    grace: float = _GRACE_SECONDS,
    log_level: str = "warning",
    websockets: bool = False,
) -> AsyncIterator[str]:
    """Serve ``app`` on ``listener`` for as long as the block lasts; gives the base URL, without a slash.

    ``http`` is the protocol class. With ``tls`` it is https; raises ServeError for a certificate that cannot
    be used. ``bounds`` are those of the protocol; after the block what is under way has ``grace`` seconds.
    With ``websockets`` the app takes these, too.
    """
    protocol: Any = http
    if bounds is not None:
        protocol = partial(protocol, bounds=bounds)
    upgraded: Any = _websockets if websockets else "none"
    config = uvicorn.Config(
        _Answering(app),
        log_level=log_level,
        access_log=False,
        lifespan="on",
        ws=upgraded,
        ws_max_size=_LARGEST_MESSAGE,
        ws_ping_interval=None,  # nor does wrangler dev ask whether the other side is still there
        http=protocol,
        server_header=False,  # an answer carries what the Worker gave it, as under wrangler dev
        date_header=False,
        backlog=_BACKLOG,
        proxy_headers=False,  # there is no proxy: what a client says of itself is a header like any other
        timeout_graceful_shutdown=int(grace) + _LAST_SECONDS,
    )
    if tls is not None:
        _speak_tls(config, tls)
    server = _Server(config, grace)
    loop = asyncio.get_running_loop()
    if loop.get_exception_handler() is None:
        loop.set_exception_handler(_without_traceback)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        while not server.started:
            if task.done():
                await task
                raise ServeError("the server ended before it began to answer")
            await asyncio.wait({task}, timeout=0.005)
        host, port = listener.getsockname()[:2]
        yield f"http{'s' if tls else ''}://{f'[{host}]' if ':' in host else host}:{port}"
    finally:
        server.should_exit = True
        await task
        listener.close()


def _speak_tls(config: uvicorn.Config, tls: Certificate) -> None:
    config.ssl_certfile, config.ssl_keyfile = str(tls.certificate), str(tls.key)
    try:
        config.load()
    except OSError as error:  # which ssl.SSLError is, too
        raise ServeError(f"cannot use the certificate {tls.certificate} with {tls.key}: {error}") from error


class ByHeader:
    """``named`` answers requests that have the header ``name``, ``rest`` all others.

    With a ``value`` it is only that one.
    """

    def __init__(self, name: str, named: ASGIApp, rest: ASGIApp, value: str | None = None) -> None:
        self._value = None if value is None else value.encode()
        self._name = name.lower().encode()
        self._named = named
        self._rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_named = any(
            name == self._name and self._value in (None, value) for name, value in scope.get("headers", ())
        )
        await (self._named if is_named else self._rest)(scope, receive, send)
