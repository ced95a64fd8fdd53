"""get and getWithMetadata of many keys at once."""

from typing import Any

from kvstore import messages
from kvstore.errors import KVSyntaxError
from kvstore.javascript import JsMap, to_string, utf16_length
from kvstore.json_text import is_array_index, parse
from kvstore.keys import Key
from kvstore.limits import Limits
from kvstore.options import GetOptions
from kvstore.store import Entry, Store


async def bulk_get(
    store: Store, keys: list[Any], options: GetOptions, limits: Limits, *, with_metadata: bool
) -> JsMap:
    """The values of ``keys`` in request order, None for a missing one.

    At most 100 keys and 25 MiB in one call; checks and texts in the product's order. Keys that look like
    array indices are left out of the answer, as workerd leaves them out.
    """
    names = [to_string(key) for key in keys]
    kind = options.kind or "text"
    _check_request(names, kind, limits)
    for name in names:
        _check_name(name, options, limits)
    entries = await store.get_many(list(dict.fromkeys(names)), options.cache_ttl)
    values = {name: _value(entries.get(name), kind) for name in dict.fromkeys(names)}
    if sum(_size(entries.get(name)) for name in names) > limits.bulk_get_size:
        raise messages.bulk_too_large()
    if with_metadata:
        values = {name: _described(value, entries.get(name)) for name, value in values.items()}
    return JsMap((name, value) for name, value in values.items() if not _vanishes(name))


def _check_request(names: list[str], kind: str, limits: Limits) -> None:
    if kind not in ("text", "json"):
        raise messages.bulk_type(kind)
    if len(names) > limits.bulk_get_keys:
        raise messages.bulk_too_many(limits.bulk_get_keys)
    if not names:
        raise messages.bulk_too_few()


def _check_name(name: str, options: GetOptions, limits: Limits) -> None:
    if name == "":
        raise messages.bulk_empty_key()
    if name in (".", ".."):
        raise messages.bulk_dot_key(name)
    size = len(name.encode("utf-8", "surrogatepass"))
    if size > limits.key_size:
        raise messages.long_key("GET_BULK", size, limits.key_size)
    if options.cache_ttl is not None and options.cache_ttl < limits.minimum_cache_ttl:
        raise messages.short_cache_ttl("GET_BULK", options.cache_ttl, limits.minimum_cache_ttl)
    Key(name).require_unicode("GET_BULK")


def _text(entry: Entry) -> str:
    return entry.value.decode("utf-8-sig", "replace")


def _value(entry: Entry | None, kind: str) -> Any:
    if entry is None:
        return None
    if kind == "text":
        return _text(entry)
    try:
        return parse(_text(entry))
    except KVSyntaxError as error:
        raise messages.bulk_not_json() from error


def _size(entry: Entry | None) -> int:
    return 0 if entry is None else utf16_length(_text(entry))


def _described(value: Any, entry: Entry | None) -> Any:
    if value is None:
        return None
    metadata = parse(entry.metadata) if entry is not None and entry.metadata is not None else None
    return {"value": value, "metadata": metadata}


def _vanishes(name: str) -> bool:
    """workerd builds the Map from an object whose index-like members and ``__proto__`` it does not see."""
    return name == "__proto__" or is_array_index(name)
