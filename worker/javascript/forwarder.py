"""One port whose connections go to another that may change: a debugger's, while workerd is replaced."""

import asyncio
import socket
from collections.abc import Callable
from typing import Final

_PIECE: Final = 65536


class Forwarder:
    """Hands every connection to ``listener`` on to the port of 127.0.0.1 that ``target`` gives then."""

    def __init__(self, listener: socket.socket, target: Callable[[], int]) -> None:
        self._listener = listener
        self._target = target
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    @property
    def address(self) -> str:
        """Host and port, as a URL has them."""
        host, port = self._listener.getsockname()[:2]
        return f"{f'[{host}]' if ':' in host else host}:{port}"

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._connected, sock=self._listener)

    async def stop(self) -> None:
        """Close the port, and every connection."""
        if self._server is not None:
            self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            there = await asyncio.open_connection("127.0.0.1", self._target())
            await asyncio.gather(_pour(reader, there[1]), _pour(there[0], writer))
        except OSError:
            pass  # one of the two has gone: so does the other
        finally:
            writer.close()
            self._open.discard(task)


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while piece := await reader.read(_PIECE):
            writer.write(piece)
            await writer.drain()
    finally:
        writer.close()
