"""Blob and File of the workers module."""

from contextlib import suppress
from enum import StrEnum
from typing import Any

from worker.sdk.ffi.crossing import unwrap, wrap
from worker.sdk.ffi.kinds import JsBuffer
from worker.sdk.http.headers import constructor_name
from worker.sdk.web.blob import Blob as WebBlob
from worker.sdk.web.blob import File as WebFile


class BlobEnding(StrEnum):
    """What becomes of line ends in text; workerd takes the option and ignores it."""

    TRANSPARENT = "transparent"
    NATIVE = "native"


class Blob:
    """Bytes with a content type, from one part or an iterable of parts: text, buffers, blobs.

    A single blob hands on its content type. Raises TypeError for any other part; a bare bytearray counts as
    an iterable of ints, and is refused like them.
    """

    def __init__(
        self, blob_parts: Any, content_type: str | None = None, endings: BlobEnding | str | None = None
    ) -> None:
        parts, inherited = _parts(blob_parts)
        self._js_blob = wrap(WebBlob(parts, {"type": unwrap(content_type or inherited)}))

    @property
    def js_object(self) -> Any:
        return self._js_blob

    @property
    def size(self) -> int:
        return int(self._js_blob.size)

    @property
    def content_type(self) -> str:
        return str(self._js_blob.type)

    async def text(self) -> str:
        return str(await self._js_blob.text())

    async def bytes(self) -> bytes:
        content: Any = await self._js_blob.arrayBuffer()
        return content.to_bytes()  # type: ignore[no-any-return]

    def slice(
        self, start: int | None = None, end: int | None = None, content_type: str | None = None
    ) -> "Blob":
        """A part of the bytes. The SDK loses ``content_type`` on the way, and so does this."""
        return Blob([self._js_blob.slice(start, end, content_type)])


class File(Blob):
    """A Blob with a name; ``last_modified`` in milliseconds since the UNIX epoch, now by default."""

    def __init__(
        self,
        blob_parts: Any,
        filename: str,
        content_type: str | None = None,
        endings: BlobEnding | str | None = None,
        last_modified: int | None = None,
    ) -> None:
        parts, inherited = _parts(blob_parts)
        modified = last_modified or getattr(
            getattr(blob_parts, "js_object", blob_parts), "lastModified", None
        )
        options = {"type": unwrap(content_type or inherited), "lastModified": unwrap(modified)}
        self._js_blob = wrap(WebFile(parts, unwrap(filename), options))

    @property
    def name(self) -> str:
        return str(self._js_blob.name)

    @property
    def last_modified(self) -> int:
        return int(self._js_blob.lastModified)


def is_blob(value: Any) -> bool:
    """Whether ``value`` is a JavaScript Blob or File."""
    return constructor_name(value) in ("Blob", "File")


def _parts(given: Any) -> tuple[list[Any], str | None]:
    """The parts for JavaScript, and the content type that a single blob hands on."""
    if not isinstance(given, str | bytes | JsBuffer) and _is_iterable(given):
        return [_part(part) for part in given], None
    inherited = given.content_type if isinstance(given, Blob) else given.type if is_blob(given) else None
    return [_part(given)], inherited


def _part(part: Any) -> Any:
    if isinstance(part, str):
        return unwrap(part)
    if isinstance(part, Blob):
        return unwrap(part.js_object)
    if is_blob(part):
        return unwrap(part)
    if isinstance(part, JsBuffer):
        return part.to_bytes()
    with suppress(TypeError):
        return memoryview(part).tobytes()
    raise TypeError(f"Don't know how to handle {type(part)} for Blob()")


def _is_iterable(value: Any) -> bool:
    try:
        iter(value)
    except TypeError:
        return False
    return True
