"""Many entries in one request: put, delete, get. Either all of a request is carried out, or nothing."""

import asyncio
import base64
import binascii
import math
import re
from collections.abc import Sequence
from typing import Any, Final

from starlette.responses import Response

from kvstore.figures import whole
from kvstore.javascript.json_text import stringify
from kvstore.layers.layer import HeldBack, Layer
from kvstore.storage.options import GetOptions
from kvstore.storage.storage import Lifetime, Storage
from kvstore.store import Entry, Store
from worker.rest.body import BULK_SIZE, read_json
from worker.rest.call import Call
from worker.rest.envelope import success
from worker.rest.errors import bad_body, bad_seconds, bad_value, too_many
from worker.rest.query import MOST

MOST_CHANGES: Final = whole("rest.bulk_write_pairs")  # and deletes: rest.bulk_delete_keys
_AT_ONCE: Final = 100  # writes under way together: a store can commit them as one


async def bulk_put(call: Call) -> Response:
    store = call.store("bulk put keys")
    items = await _array(call, "key-value pairs")
    held = HeldBack(store)
    storage = Storage(call.limited(held))
    for index, item in enumerate(items):
        if not isinstance(item, dict):
            raise bad_body(f"item {index} must be an object with a key and a value")
        await _hold_put(storage, item, index)
    await _carry_out(store, held.changes)
    return _done(len(items))


async def bulk_delete(call: Call) -> Response:
    store = call.store("remove key")
    names = await _array(call, "keys")
    held = HeldBack(store)
    for index, name in enumerate(names):
        if not isinstance(name, str):
            raise bad_body(f"item {index} must be a key, as text")
        await Storage(held).delete(name)
    await _carry_out(store, held.changes)
    return _done(len(names))


async def bulk_get(call: Call) -> Response:
    store = call.store("bulk get keys")
    content = await read_json(call.request)
    if not isinstance(content, dict) or not _all_text(content.get("keys")):
        raise bad_body("it must be an object with keys, an array of texts")
    kind, described = content.get("type", "text"), content.get("withMetadata", False)
    if not isinstance(kind, str) or not isinstance(described, bool):
        raise bad_body("type must be text or json, and withMetadata true or false")
    noted = Noted(store)
    values = await Storage(noted).get_many(content["keys"], GetOptions(kind), with_metadata=described)
    if described:
        values = {name: _with_expiration(value, noted.found.get(name)) for name, value in values.items()}
    return success({"values": values})


def _all_text(keys: Any) -> bool:
    return isinstance(keys, list) and all(isinstance(key, str) for key in keys)


def _with_expiration(described: Any, entry: Entry | None) -> Any:
    if entry is None or entry.expiration is None:
        return described
    return described | {"expiration": entry.expiration}


async def _array(call: Call, what: str) -> list[Any]:
    items = await read_json(call.request, BULK_SIZE)
    if not isinstance(items, list):
        raise bad_body(f"it must be an array of {what}")
    if len(items) > MOST_CHANGES:
        raise too_many(what, len(items), MOST_CHANGES)
    return items


async def _hold_put(storage: Storage, item: dict[str, Any], index: int) -> None:
    key, value, encoded = item.get("key"), item.get("value"), item.get("base64")
    if not isinstance(key, str) or not isinstance(value, str):
        raise bad_body(f"item {index}: {'value' if isinstance(key, str) else 'key'} must be text")
    if encoded is not None and not isinstance(encoded, bool):
        raise bad_body(f"item {index}: base64 must be true or false")
    lifetime = Lifetime(_seconds(item, "expiration"), _seconds(item, "expiration_ttl"))
    metadata = None if item.get("metadata") is None else str(stringify(item["metadata"]))
    await storage.put(key, _content(value, bool(encoded), index), lifetime, metadata)


def _seconds(item: dict[str, Any], name: str) -> int | None:
    given = item.get(name)
    if given is None:
        return None
    number = float(given) if isinstance(given, int | float) and not isinstance(given, bool) else math.nan
    if not number.is_integer() or abs(number) > MOST:
        raise bad_seconds(name, stringify(given))
    return int(number)


def _content(value: str, encoded: bool, index: int) -> bytes:
    if not encoded:
        # JSON can name half a character, which UTF-8 cannot write.
        return re.sub("[\ud800-\udfff]", "\ufffd", value).encode()
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise bad_value(f"item {index} is not base64") from error


async def _carry_out(store: Store, changes: dict[str, Entry | None]) -> None:
    pending = list(changes.items())
    for start in range(0, len(pending), _AT_ONCE):
        under_way = (_change(store, *change) for change in pending[start : start + _AT_ONCE])
        for failed in await asyncio.gather(*under_way, return_exceptions=True):
            if failed is not None:
                raise failed


async def _change(store: Store, key: str, entry: Entry | None) -> None:
    await (store.delete(key) if entry is None else store.put(key, entry))


def _done(count: int) -> Response:
    return success({"successful_key_count": count, "unsuccessful_keys": []})


class Noted(Layer):
    """Notes in ``found`` what get_many found: its answer has no expirations."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.found: dict[str, Entry] = {}

    async def get_many(self, keys: Sequence[str], cache_ttl: int | None = None) -> dict[str, Entry]:
        self.found = await self.store.get_many(keys, cache_ttl)
        return self.found
