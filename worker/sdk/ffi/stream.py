"""The JavaScript class ReadableStream."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Any

from kvstore.javascript.stream import ReadableStream
from kvstore.javascript.values import UNDEFINED, Undefined, byte_view
from worker.sdk.ffi.errors import JsException, type_error
from worker.sdk.ffi.iteration import iterate
from worker.sdk.ffi.jsobject import JsObject, view_of


class Stream(JsObject):
    """The properties of a ReadableStream."""

    js_name = "ReadableStream"

    def __init__(self, stream: ReadableStream) -> None:
        self._stream = stream

    @classmethod
    def js_construct(cls, *arguments: Any) -> ReadableStream:
        raise JsException("Error", "new ReadableStream(…) is not emulated; use ReadableStream.from(chunks)")

    @staticmethod
    def from_(chunks: Any) -> ReadableStream:
        return ReadableStream([byte_view(chunk) or b"" for chunk in iterate(chunks)])

    @property
    def locked(self) -> bool:
        return self._stream.locked

    def getReader(self) -> "Reader":
        if self._stream.locked:
            raise type_error("This ReadableStream is currently locked to a reader.")
        return Reader(self._stream)

    def tee(self) -> list[ReadableStream]:
        return list(tee(self._stream))


view_of.register(ReadableStream, Stream)


class Reader(JsObject):
    js_name = "ReadableStreamDefaultReader"

    def __init__(self, stream: ReadableStream) -> None:
        self._chunks = stream.__aiter__()

    async def read(self) -> dict[str, Any]:
        chunk = await anext(self._chunks, UNDEFINED)
        return {"done": isinstance(chunk, Undefined), "value": chunk}

    def releaseLock(self) -> None:
        """Nothing else can read the rest: a stream here is read by one reader only."""


def tee(stream: ReadableStream) -> tuple[ReadableStream, ReadableStream]:
    """Two streams with the chunks of one, each at its own pace; what one is behind is kept for it."""
    source = stream.__aiter__()
    queues: tuple[deque[bytes | None], deque[bytes | None]] = (deque(), deque())
    turn = asyncio.Lock()

    async def branch(own: deque[bytes | None]) -> AsyncIterator[bytes]:
        while True:
            async with turn:
                if not own:
                    chunk = await anext(source, None)
                    for queue in queues:
                        queue.append(chunk)
            chunk = own.popleft()
            if chunk is None:
                return
            yield chunk

    return ReadableStream(branch(queues[0])), ReadableStream(branch(queues[1]))
