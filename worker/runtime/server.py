"""A server on a real port, inside the running event loop."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from worker.runtime.errors import AddressInUse, ServeError


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: what starts the server decides when it ends."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes any free one. Raises AddressInUse, ServeError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio switches delayed sending off only for sockets that name it.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        if error.errno == 98 or "in use" in str(error):
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
    http: type[asyncio.Protocol] | None = None,
    tls: Certificate | None = None,
) -> AsyncIterator[str]:
    """Serve ``app`` on ``listener`` for as long as the block lasts; gives the base URL, without a slash.

    ``http`` is a protocol class, instead of the one that uvicorn chooses. With ``tls`` it is https; raises
    ServeError for a certificate that cannot be used.
    """
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        lifespan="on",
        ws="none",
        http=http or "auto",
        server_header=False,  # an answer carries what the Worker gave it, as under wrangler dev
        date_header=False,
        proxy_headers=False,  # there is no proxy: what a client says of itself is a header like any other
    )
    if tls is not None:
        _speak_tls(config, tls)
    server = _Server(config)
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
