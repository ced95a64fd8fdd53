"""One message of a queue, and its body as bytes."""

from dataclasses import dataclass
from typing import Any, Final

from kvstore.javascript.json_text import parse, stringify
from kvstore.javascript.values import ArrayBuffer, Undefined, byte_view, is_number
from worker.durable.structured_clone import deserialize, serialize
from worker.sdk.ffi.errors import type_error

TYPES: Final = ("text", "bytes", "json", "v8")


@dataclass(slots=True)
class Message:
    """``content_type`` says how ``body`` is to be read; ``timestamp`` is in milliseconds since the epoch.

    ``delay`` is how many seconds it waits before it is in its queue. ``failures`` counts deliveries that
    failed.
    """

    id: str
    timestamp: int
    content_type: str
    body: bytes
    delay: int = 0
    failures: int = 0


def content_type_of(text: str) -> str:
    """One of TYPES. Raises JsException (TypeError) for any other."""
    kind = text.lower()
    if kind not in TYPES:
        raise type_error(f"Unsupported queue message content type: {text}")
    return kind


def encoded(value: Any, content_type: str) -> bytes:
    """The body of a message that holds a JavaScript value. Raises JsException, with workerd's texts."""
    if content_type == "text":
        if not isinstance(value, str):
            raise _wrong(content_type, "string", value)
        return value.encode("utf-8", "replace")
    if content_type == "bytes":
        data = None if isinstance(value, ArrayBuffer) else byte_view(value)
        if data is None:
            raise _wrong(content_type, "ArrayBufferView", value)
        return data
    if content_type == "json":
        text = stringify(value)
        if isinstance(text, Undefined):
            raise type_error(
                f"A body of type {_type_of(value)} cannot be sent as JSON: send another value or contentType"
            )
        return text.encode("utf-8", "surrogatepass")
    return serialize(value)


def decoded(message: Message) -> Any:
    """The JavaScript value that a message holds; bytes are an ArrayBuffer."""
    match message.content_type:
        case "text":
            return message.body.decode("utf-8", "replace")
        case "bytes":
            return ArrayBuffer(message.body)
        case "json":
            return parse(message.body.decode("utf-8", "replace"))
    return deserialize(message.body)


def _wrong(content_type: str, expected: str, value: Any) -> Exception:
    return type_error(
        f'Content Type "{content_type}" requires a value of type {expected}, but received: {_type_of(value)}'
    )


def _type_of(value: Any) -> str:
    """What ``typeof`` says."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    if is_number(value):
        return "number"
    return "function" if callable(value) else "object"
