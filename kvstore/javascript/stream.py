"""ReadableStream: bytes that arrive in chunks."""

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterable
from contextlib import aclosing

from kvstore.errors import KVTypeError


class ReadableStream:
    """A byte stream that can be read once.

    ``chunks`` is an iterable or asynchronous iterable of bytes. Reading twice raises KVTypeError with
    workerd's text.
    """

    def __init__(self, chunks: Iterable[bytes] | AsyncIterable[bytes] = ()) -> None:
        self._chunks = chunks
        self.locked = False
        self.disturbed = False

    def js_string(self) -> str:
        return "[object ReadableStream]"

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self.disturbed:
            raise KVTypeError("This ReadableStream is disturbed.")
        if self.locked:
            raise KVTypeError("The ReadableStream has been locked to a reader.")
        self.locked = self.disturbed = True
        if isinstance(self._chunks, AsyncGenerator):
            async with aclosing(self._chunks):  # what makes the chunks learns that reading has ended
                async for chunk in self._chunks:
                    yield _bytes(chunk)
        elif isinstance(self._chunks, AsyncIterable):
            async for chunk in self._chunks:
                yield _bytes(chunk)
        else:
            for chunk in self._chunks:
                yield _bytes(chunk)

    async def read(self) -> bytes:
        """Everything that is left, in one piece."""
        return b"".join([chunk async for chunk in self])


def _bytes(chunk: object) -> bytes:
    if not isinstance(chunk, bytes | bytearray | memoryview):
        raise KVTypeError("This ReadableStream did not return bytes.")
    return bytes(chunk)
