"""Many keys at once, as the storage layer answers them."""

from codecs import BOM_UTF8
from typing import Any

from kvstore import messages
from kvstore.errors import KVError, KVSyntaxError
from kvstore.javascript.json_text import parse, stringify
from kvstore.javascript.values import utf16_length
from kvstore.limits import Limits
from kvstore.storage.keys import check_stored_key
from kvstore.storage.options import GetOptions
from kvstore.store import Entry, Store


async def bulk_get(
    store: Store, names: list[str], options: GetOptions, limits: Limits, *, with_metadata: bool
) -> dict[str, Any]:
    """The values of ``names`` in request order, duplicates once, None for a missing one.

    At most 100 keys and 25 MiB in one call, of type ``text`` or ``json``. Keys are looked at one after the
    other, so the first that is refused, or is not the JSON that was asked for, decides. Raises KVError.
    """
    kind = options.kind or "text"
    _check_request(names, kind, limits)
    accepted, refusal = _accepted(names, options.cache_ttl, limits)
    entries = await store.get_many(list(dict.fromkeys(accepted)), options.cache_ttl)
    values = {name: _value(entries.get(name), kind) for name in dict.fromkeys(accepted)}
    if refusal is not None:
        raise refusal
    # A text has no more UTF-16 units than bytes: units are counted only where those may be too many.
    most = sum(len(entries[name].value) for name in names if name in entries)
    if most > limits.bulk_get_size < sum(_size(entries.get(name)) for name in names):
        raise messages.bulk_too_large()
    if with_metadata:
        values = {name: _described(value, entries.get(name)) for name, value in values.items()}
    # The local storage collects its answer in an object, which cannot have this as a member of its own.
    values.pop("__proto__", None)
    # The answer travels as JSON, in which a number that JSON cannot write is null.
    return parse(str(stringify(values))) if kind == "json" else values


def _check_request(names: list[str], kind: str, limits: Limits) -> None:
    if kind not in ("text", "json"):
        raise messages.bulk_type(kind)
    if len(names) > limits.bulk_get_keys:
        raise messages.bulk_too_many(limits.bulk_get_keys)
    if not names:
        raise messages.bulk_too_few()


def _accepted(names: list[str], cache_ttl: int | None, limits: Limits) -> tuple[list[str], KVError | None]:
    """The names up to the first that is refused, and its refusal."""
    for place, name in enumerate(names):
        try:
            check_stored_key("GET_BULK", name, limits)
            check_cache_ttl(cache_ttl, limits, bulk=True)
        except KVError as refusal:
            return names[:place], refusal
    return names, None


def check_cache_ttl(cache_ttl: int | None, limits: Limits, *, bulk: bool = False) -> None:
    """KVError (400) for less than 30 seconds; None is the default and always fine."""
    if cache_ttl is not None and cache_ttl < limits.minimum_cache_ttl:
        raise messages.short_cache_ttl("GET_BULK" if bulk else "GET", cache_ttl, limits.minimum_cache_ttl)


def _text(entry: Entry) -> str:
    value = entry.value
    return value.decode("utf-8-sig" if value.startswith(BOM_UTF8) else "utf-8", "replace")


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
