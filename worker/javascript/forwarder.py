"""One port whose connections go to another that may change: a debugger's, while workerd is replaced."""

import asyncio
import socket
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from worker.javascript.debugger_door import read_head, refusal, upgrades, written

_PIECE: Final = 65536
_HEAD_SECONDS: Final = 15.0


class Forwarder:
    """Hands every connection to ``listener`` on to the port of 127.0.0.1 that ``target`` gives then.

    Nothing is handed on before the head of its request is read, and may come in. A head has at most 64 KiB.
    """

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
            await self._serve(reader, writer)
        except OSError:
            pass  # one of the two has gone: so does the other
        finally:
            writer.close()
            self._open.discard(task)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_HEAD_SECONDS):
                head = read_head(await reader.readuntil(b"\r\n\r\n"))
        except (asyncio.IncompleteReadError, TimeoutError):
            return
        except asyncio.LimitOverrunError:
            _refuse(writer, 431, "The head of the request is too long.")
            return
        if head is None:
            _refuse(writer, 400, "The request is not valid HTTP.")
            return
        request, behind = head
        if refused := refusal(request):
            _refuse(writer, *refused)
            return
        there = await asyncio.open_connection("127.0.0.1", self._target())
        there[1].write(written(request))
        if upgrades(request):
            there[1].write(behind)
            await asyncio.gather(_pour(reader, there[1]), _pour(there[0], writer))
        else:
            try:
                await _pour(there[0], writer)
            finally:
                there[1].close()


def _refuse(writer: asyncio.StreamWriter, status: int, text: str) -> None:
    writer.write(
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Type: text/plain;charset=UTF-8\r\n"
        f"Content-Length: {len(text)}\r\nConnection: close\r\n\r\n{text}".encode()
    )


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while piece := await reader.read(_PIECE):
            writer.write(piece)
            await writer.drain()
    finally:
        writer.close()
