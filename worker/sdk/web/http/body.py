"""What a request or response carries: made of many kinds of value, read once."""

from email.message import Message
from typing import Any, Final, NamedTuple

from kvstore.javascript.json_text import parse
from kvstore.javascript.stream import ReadableStream
from kvstore.javascript.values import ArrayBuffer, Undefined, byte_view, to_string, utf8
from worker.sdk.ffi.errors import type_error
from worker.sdk.ffi.jsobject import JsObject
from worker.sdk.ffi.stream import tee
from worker.sdk.surroundings import current_platform
from worker.sdk.web.blob import Blob
from worker.sdk.web.http.form_data import FormData
from worker.sdk.web.http.headers import Headers
from worker.sdk.web.http.multipart import decode_multipart, encode_multipart
from worker.sdk.web.search_params import URLSearchParams, parse_urlencoded

Data = bytes  # inside Body, ``bytes`` is a method
TEXT: Final = "text/plain;charset=UTF-8"
USED = "Body has already been used. It can only be used once. Use tee() first if you need to read it twice."


class Content(NamedTuple):
    """Bytes or a stream, with the content type that their kind implies."""

    data: bytes | ReadableStream
    kind: str | None = None


def extract(value: Any) -> Content | None:
    """The content that a body argument stands for; None for null and undefined, text for anything odd."""
    if value is None or isinstance(value, Undefined):
        return None
    if isinstance(value, str):
        return Content(utf8(value), TEXT)
    if isinstance(value, ReadableStream):
        if value.disturbed or value.locked:
            raise type_error(
                "This ReadableStream is disturbed (has already been read from), and cannot be used as a body."
            )
        return Content(value)
    if isinstance(value, Blob):
        return Content(value.js_content, value.type or None)
    if isinstance(value, FormData):
        boundary = "----understudy" + current_platform().entropy.token(16).hex()
        return Content(encode_multipart(value, boundary), f"multipart/form-data; boundary={boundary}")
    if isinstance(value, URLSearchParams):
        return Content(value.js_string().encode(), "application/x-www-form-urlencoded;charset=UTF-8")
    data = byte_view(value)
    if data is not None:
        return Content(data)
    return Content(utf8(to_string(value)), TEXT)


class Body(JsObject):
    """The reading half of Request and Response.

    Reading twice raises JsException (TypeError) with workerd's text; a missing body reads as empty, as often
    as one likes.
    """

    def __init__(self, content: Content | None, headers: Headers) -> None:
        self._data: Data | None = None
        self._stream: ReadableStream | None = None
        self._used = False
        self._headers = headers
        if content is None:
            return
        if isinstance(content.data, ReadableStream):
            self._stream = content.data
        else:
            self._data = content.data
        if content.kind:
            headers.js_imply(content.kind)

    @property
    def headers(self) -> Headers:
        return self._headers

    @property
    def body(self) -> ReadableStream | None:
        if self._stream is None and self._data is not None:
            self._stream = ReadableStream([self._data] if self._data else [])
            self._stream.disturbed = self._stream.locked = self._used
        return self._stream

    @property
    def bodyUsed(self) -> bool:
        return self._used or (self._stream is not None and self._stream.disturbed)

    async def text(self) -> str:
        return (await self.js_read()).decode("utf-8", "replace").removeprefix("\ufeff")

    async def json(self) -> Any:
        return parse(await self.text())

    async def arrayBuffer(self) -> ArrayBuffer:
        return ArrayBuffer(await self.js_read())

    async def bytes(self) -> bytearray:
        return bytearray(await self.js_read())

    async def blob(self) -> Blob:
        content = await self.js_read()
        return Blob([content], {"type": self._headers.get("content-type") or ""})

    async def formData(self) -> FormData:
        """Raises JsException (TypeError) unless the content type is one of the two for forms."""
        kind = self._headers.get("content-type")
        if kind is None:
            raise type_error("Parsing a Body as FormData requires a Content-Type header.")
        return _form(await self.js_read(), kind)

    def js_data(self) -> Data | ReadableStream | None:
        """What it is sent as, not marked as read. Raises JsException if it was read."""
        if self._stream is None and not self._used:
            return self._data
        self.js_require_unused()
        return self._stream

    def js_content(self) -> Content | None:
        """The content, not marked as read. Raises JsException if it was read."""
        data = self.js_data()
        return None if data is None else Content(data)

    def js_take(self) -> Content | None:
        """The content for another message, which leaves this one used."""
        content = self.js_content()
        self._used = content is not None
        return content

    def js_clone(self) -> Content | None:
        """The content for a copy; both can be read."""
        self.js_require_unused()
        if self._stream is not None:
            self._stream, copy = tee(self._stream)
            return Content(copy)
        return None if self._data is None else Content(self._data)

    def js_require_unused(self) -> None:
        if self.bodyUsed:
            raise type_error(USED)

    async def js_read(self) -> Data:
        self.js_require_unused()
        if self._stream is not None:
            return await self._stream.read()
        self._used = self._data is not None
        return self._data or b""


def _form(content: bytes, kind: str) -> FormData:
    message = Message()
    message["content-type"] = kind
    if message.get_content_type() == "multipart/form-data":
        boundary = message.get_param("boundary")
        if not isinstance(boundary, str):
            raise type_error(
                "No boundary string in Content-Type header. The multipart/form-data MIME type requires a "
                "boundary parameter, e.g. 'Content-Type: multipart/form-data; boundary=\"abcd\"'. "
                "See RFC 7578, section 4."
            )
        return decode_multipart(content, boundary)
    if message.get_content_type() != "application/x-www-form-urlencoded":
        raise type_error(
            "Unrecognized Content-Type header value. FormData can only parse the following MIME types: "
            "multipart/form-data, application/x-www-form-urlencoded"
        )
    form = FormData()
    form.js_fields = list(parse_urlencoded(content.decode("utf-8", "replace")))
    return form
