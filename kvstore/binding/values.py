"""What a put stores for a value, and for metadata."""

from typing import Any

from kvstore import messages
from kvstore.errors import KVTypeError
from kvstore.javascript.json_text import stringify
from kvstore.javascript.stream import ReadableStream
from kvstore.javascript.values import (
    Symbol,
    Undefined,
    byte_view,
    to_string,
    utf8,
)


def value_bytes(value: Any) -> bytes | ReadableStream:
    """The bytes of a value: text as UTF-8, buffers and views as they are; a stream remains one.

    Numbers, booleans, null and undefined are stored as their text. Raises KVTypeError for other objects.
    """
    if isinstance(value, str):
        return utf8(value)
    if isinstance(value, ReadableStream):
        return value
    content = byte_view(value)
    if content is not None:
        return content
    if value is None or isinstance(value, int | float | Undefined | Symbol):
        return to_string(value).encode()
    raise KVTypeError(messages.BAD_VALUE)


def metadata_text(metadata: Any) -> str | None:
    """Metadata as the JSON that is stored, None for null and undefined.

    A function or Symbol becomes ``undefined``, which is no JSON: the storage layer refuses it. Raises
    KVTypeError for what JSON cannot hold.
    """
    if metadata is None or isinstance(metadata, Undefined):
        return None
    return str(stringify(metadata))
