"""A server on a real port, inside the running event loop."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

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


@asynccontextmanager
async def serve(
    app: ASGIApp, listener: socket.socket, http: type[asyncio.Protocol] | None = None
) -> AsyncIterator[str]:
    """Serve ``app`` on ``listener`` for as long as the block lasts; gives the base URL, without a slash.

    ``http`` is a protocol class, instead of the one that uvicorn chooses.
    """
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, lifespan="on", ws="none", http=http or "auto"
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        while not server.started:
            if task.done():
                await task
                raise ServeError("the server ended before it began to answer")
            await asyncio.wait({task}, timeout=0.005)
        host, port = listener.getsockname()[:2]
        yield f"http://{f'[{host}]' if ':' in host else host}:{port}"
    finally:
        server.should_exit = True
        await task
        listener.close()
