"""``pyodide.http``: the response class that workers.Response builds on."""

import json
from collections.abc import Awaitable
from typing import Any, TypeVar

from worker.sdk.ffi.errors import AbortError, BodyUsedError, HttpStatusError, JsException

T = TypeVar("T")


class FetchResponse:
    """Python's view of a JavaScript Response.

    Reading a body twice raises BodyUsedError, one that breaks AbortError. Source: Pyodide 0.28.
    """

    def __init__(self, url: str, js_response: Any) -> None:
        self._url = url
        self.js_response = js_response

    @property
    def body_used(self) -> bool:
        return bool(self.js_response.bodyUsed)

    @property
    def headers(self) -> Any:
        return dict(tuple(line) for line in self.js_response.headers)

    @property
    def ok(self) -> bool:
        return bool(self.js_response.ok)

    @property
    def redirected(self) -> bool:
        return bool(self.js_response.redirected)

    @property
    def status(self) -> int:
        return int(self.js_response.status)

    @property
    def status_text(self) -> str:
        return str(self.js_response.statusText)

    @property
    def type(self) -> str:
        return str(self.js_response.type)

    @property
    def url(self) -> str:
        return str(self.js_response.url)

    def raise_for_status(self) -> None:
        """Raises HttpStatusError for 4xx and 5xx."""
        if 400 <= self.status < 600:
            raise HttpStatusError(self.status, self.status_text, self.url)

    def clone(self) -> "FetchResponse":
        """A response with the same body. Raises BodyUsedError if it was read."""
        self._raise_if_used()
        return FetchResponse(self._url, self.js_response.clone())

    async def buffer(self) -> Any:
        """The body as a JavaScript ArrayBuffer."""
        self._raise_if_used()
        return await _unbroken(self.js_response.arrayBuffer())

    async def text(self) -> str:
        self._raise_if_used()
        return str(await _unbroken(self.js_response.text()))

    async def string(self) -> str:
        return await self.text()

    async def json(self, **options: Any) -> Any:
        """The body through Python's ``json.loads``, which ``options`` are for."""
        return json.loads(await self.text(), **options)

    async def bytes(self) -> bytes:
        content: Any = await self.buffer()
        return content.to_bytes()  # type: ignore[no-any-return]

    async def memoryview(self) -> Any:
        return (await self.buffer()).to_py()

    def _raise_if_used(self) -> None:
        if self.js_response.bodyUsed:
            raise BodyUsedError


async def _unbroken(reading: Awaitable[T]) -> T:
    try:
        return await reading
    except JsException as error:
        raise AbortError(error) from None
