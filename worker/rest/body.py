"""Request bodies: bytes up to a limit, JSON, and the value of a PUT in its different wrappings."""

from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request

from kvstore import messages
from kvstore.errors import KVSyntaxError
from kvstore.figures import whole
from kvstore.javascript.json_text import parse
from kvstore.limits import LIMITS
from worker.rest.errors import bad_body, bad_metadata, bad_value
from worker.rest.form_metadata import nested_metadata
from worker.rest.multipart import form_fields, is_multipart
from worker.serving import read_body

JSON_SIZE: Final = 1024 * 1024
BULK_SIZE: Final = whole("rest.bulk_size")  # Miniflare's own REST API has this limit too
# A form may be larger than its value: headers, boundaries and metadata are in it too.
_FORM_SIZE: Final = LIMITS.value_size + 64 * 1024


@dataclass(frozen=True, slots=True)
class Upload:
    """What a PUT of a value stores; ``metadata`` is JSON text, None for none."""

    value: bytes
    metadata: str | None = None


async def read_json(request: Request, most: int = JSON_SIZE) -> Any:
    """The body as JSON, whatever its content type. Raises RestError (10029), BodyTooLarge."""
    try:
        return parse((await read_body(request.scope, request.receive, most)).decode())
    except UnicodeDecodeError as error:
        raise bad_body("not UTF-8 text") from error
    except KVSyntaxError as error:
        raise bad_body(error.message) from error


async def read_upload(request: Request) -> Upload:
    """The body of a PUT of a value: a form's fields, or else the body itself, JSON among others.

    Raises RestError (10012, 10047), and BodyTooLarge: a raw value may have 25 MiB.
    """
    content_type = request.headers.get("content-type", "")
    if not is_multipart(content_type):
        return Upload(
            await read_body(request.scope, request.receive, LIMITS.value_size, messages.long_value_text)
        )
    body = await read_body(request.scope, request.receive, _FORM_SIZE)
    return _form(form_fields(content_type, body))


def _form(fields: list[tuple[str, bytes]]) -> Upload:
    first = dict(reversed(fields))
    if "value" not in first:
        raise bad_value("multipart put request does not contain required form field 'value'")
    if "metadata" in first:
        return Upload(first["value"], checked_metadata(first["metadata"]))
    return Upload(first["value"], nested_metadata(fields))


def checked_metadata(given: bytes) -> str | None:
    """Metadata as sent, which must be JSON; null and nothing at all are none."""
    try:
        text = given.decode()
        return text if text.strip() and parse(text) is not None else None
    except UnicodeDecodeError as error:
        raise bad_metadata("not UTF-8 text") from error
    except KVSyntaxError as error:
        raise bad_metadata(error.message) from error
