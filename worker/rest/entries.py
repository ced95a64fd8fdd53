"""Single entries: the list of keys, values, metadata."""

from typing import Final

from starlette.responses import Response

from kvstore.binding.namespace import list_key
from kvstore.javascript.json_text import parse
from kvstore.limits import LIMITS
from kvstore.storage.cursor import decode_cursor, encode_cursor
from kvstore.storage.storage import Lifetime
from worker.rest.body import read_upload
from worker.rest.call import Call
from worker.rest.envelope import NO_SNIFFING, success
from worker.rest.errors import bad_cursor, bad_seconds, key_not_found, long_limit, short_limit
from worker.rest.query import Query, whole_number

_LEAST_LIMIT: Final = 10
_INVALID_LIMIT: Final = 10028


async def list_keys(call: Call) -> Response:
    """One page of keys; the cursor of the last page is empty."""
    storage = call.storage("list keys")
    query = call.query
    limit = query.number("limit", _INVALID_LIMIT)
    if limit is not None and limit < _LEAST_LIMIT:
        raise short_limit(_LEAST_LIMIT)
    if limit is not None and limit > LIMITS.list_keys:
        raise long_limit(LIMITS.list_keys)
    page = await storage.list(query.text("prefix"), _cursor(query.text("cursor")), limit)
    keys = [list_key(info) for info in page.keys]
    return success(keys, {"count": len(keys), "cursor": page.cursor or ""})


def _cursor(given: str) -> str:
    """A cursor that one of our listings gave, with or without its padding; production refuses others too."""
    if given and encode_cursor(decode_cursor(given)).rstrip("=") != given.rstrip("="):
        raise bad_cursor()
    return given


async def read_value(call: Call) -> Response:
    """The bytes as they are, and when they expire in a header."""
    entry = await call.storage("get").get(call.names["key"])
    if entry is None:
        raise key_not_found("get")
    expires = {} if entry.expiration is None else {"expiration": str(entry.expiration)}
    return Response(entry.value, headers={**NO_SNIFFING, **expires}, media_type="application/octet-stream")


async def write_value(call: Call) -> Response:
    storage = call.storage("put")
    query = call.query
    lifetime = Lifetime(_seconds(query, "expiration"), _seconds(query, "expiration_ttl"))
    upload = await read_upload(call.request)
    await storage.put(call.names["key"], upload.value, lifetime, upload.metadata)
    return success({})


def _seconds(query: Query, name: str) -> int | None:
    given = query.text(name)
    value = whole_number(given)
    if given and value is None:
        raise bad_seconds(name, given)
    return value


async def delete_value(call: Call) -> Response:
    await call.storage("remove key").delete(call.names["key"])
    return success({})


async def read_metadata(call: Call) -> Response:
    entry = await call.storage("metadata").get(call.names["key"])
    if entry is None:
        raise key_not_found("metadata")
    return success(None if entry.metadata is None else parse(entry.metadata))
