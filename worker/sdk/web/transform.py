"""TransformStream without a transformer: what is written to one side is read from the other."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from kvstore.javascript.stream import ReadableStream
from kvstore.javascript.values import byte_view
from worker.sdk.ffi.errors import JsException, type_error
from worker.sdk.ffi.jsobject import JsObject


class Writer(JsObject):
    js_name = "WritableStreamDefaultWriter"

    def __init__(self, chunks: "asyncio.Queue[bytes | JsException | None]") -> None:
        self._chunks = chunks

    async def write(self, chunk: Any) -> None:
        data = byte_view(chunk)
        if data is None:
            raise type_error("This TransformStream is being used as a byte stream: write bytes.")
        await self._chunks.put(data)

    async def close(self) -> None:
        await self._chunks.put(None)

    async def abort(self, reason: Any = None) -> None:
        await self._chunks.put(reason if isinstance(reason, JsException) else JsException("Error", "aborted"))

    def releaseLock(self) -> None:
        """Another writer may be asked for at any time."""


class Writable(JsObject):
    js_name = "WritableStream"

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    def getWriter(self) -> Writer:
        return self._writer

    async def close(self) -> None:
        await self._writer.close()


class TransformStream(JsObject):
    """A chunk is written when its reader has taken the one before it."""

    def __init__(self, *transformers: Any) -> None:
        if transformers:
            raise JsException("Error", "TransformStream with a transformer is not emulated")
        chunks: asyncio.Queue[bytes | JsException | None] = asyncio.Queue(maxsize=1)
        self.readable = ReadableStream(_chunks(chunks))
        self.writable = Writable(Writer(chunks))


async def _chunks(queue: "asyncio.Queue[bytes | JsException | None]") -> AsyncIterator[bytes]:
    while (chunk := await queue.get()) is not None:
        if isinstance(chunk, JsException):
            raise chunk
        yield chunk
