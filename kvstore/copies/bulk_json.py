"""The JSON of ``wrangler kv bulk put``: reads it as a namespace, writes a namespace as it.

An array of ``{key, value, expiration?, expiration_ttl?, metadata?, base64?}``. A later item with the same
key replaces an earlier one. Written values are text where they are UTF-8, and base64 where they are not.
"""

import base64
import binascii
import json
from collections.abc import Iterable, Mapping, MutableMapping
from itertools import pairwise
from typing import Any

from kvstore.clock import Clock
from kvstore.copies.state_copy import NamespaceCopy
from kvstore.errors import SourceError
from kvstore.javascript.json_document import read_json
from kvstore.javascript.json_text import parse, stringify
from kvstore.javascript.values import MAX_SAFE_INTEGER
from kvstore.limits import LIMITS
from kvstore.store import Entry
from kvstore.stores.table import Table


def read_bulk(text: str, clock: Clock, name: str = "the bulk file") -> NamespaceCopy:
    """The entries that a bulk file describes, at the time of ``clock``.

    Raises SourceError, naming the item's index, the member and the limit, when the text is not such an array
    or an item is one that Workers KV would refuse. Items whose expiration is past are counted, not kept.
    """
    try:
        items = read_json(text)
    except ValueError as error:
        raise SourceError(f"{name} is not JSON: {error}") from error
    if not isinstance(items, list):
        raise SourceError(f"{name} must be an array of key-value objects, but is of type {_type(items)}")
    now = clock.now_ms()
    return gathered((read_item(item, f"{name}, item {n}", now) for n, item in enumerate(items)), now)


def gathered(
    found: Iterable[tuple[str, Entry]], now: int, into: type[dict[str, Entry]] | type[Table] = dict
) -> NamespaceCopy:
    """A namespace at ``now`` (ms): a later entry replaces an earlier one, and what has expired is counted."""
    entries: MutableMapping[str, Entry] = into()
    expired = 0
    for key, entry in found:
        if key in entries:
            del entries[key]
        if entry.expiration is not None and entry.expiration * 1000 <= now:
            expired += 1
        else:
            entries[key] = entry
    is_ordered = all(one < other for one, other in pairwise(entries))
    ordered = entries if is_ordered else into((key, entries[key]) for key in sorted(entries))
    return NamespaceCopy(ordered, expired)


def read_item(item: Any, place: str, now: int) -> tuple[str, Entry]:
    """The key and entry of one item, which ``place`` names; ``now`` is in ms. Raises SourceError."""
    if not isinstance(item, dict):
        raise SourceError(f"{place} must be an object with a key and a value, but is of type {_type(item)}")
    key, value = item.get("key"), item.get("value")
    if not isinstance(key, str) or not isinstance(value, str):
        member, wrong = ("key", key) if not isinstance(key, str) else ("value", value)
        raise SourceError(f"{place}: {member!r} must be a string, but is of type {_type(wrong)}")
    _check_key(key, place)
    content = _content(value, item.get("base64"), place)
    if len(content) > LIMITS.value_size:
        raise SourceError(
            f"{place}: the value of {key} has {len(content):,} bytes, and KV takes at most "
            f"{LIMITS.value_size:,}: no namespace holds it unless it is put in parts"
        )
    return key, Entry(content, _expiration(item, place, now), _metadata(item, place))


def _check_key(key: str, place: str) -> None:
    if key in ("", ".", ".."):
        raise SourceError(f"{place}: {key!r} is not allowed as a key name")
    try:
        size = len(key.encode())
    except UnicodeEncodeError as error:
        raise SourceError(f"{place}: key {key!r} is not Unicode text") from error
    if size > LIMITS.key_size:
        raise SourceError(f"{place}: key of {size} bytes exceeds the limit of {LIMITS.key_size}")


def _content(value: str, encoded: Any, place: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True) if encoded else value.encode()
    except (binascii.Error, ValueError) as error:
        raise SourceError(f"{place}: the value cannot be decoded: {error}") from error


def _expiration(item: Mapping[str, Any], place: str, now: int) -> int | None:
    for member in ("expiration", "expiration_ttl"):
        value = item.get(member)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise SourceError(
                f"{place}: {member!r} must be a number of seconds, but is of type {_type(value)}"
            )
        if value is not None and not abs(value) <= MAX_SAFE_INTEGER:
            raise SourceError(f"{place}: {member!r} is more than {MAX_SAFE_INTEGER:,} seconds")
    if item.get("expiration_ttl") is not None:
        return now // 1000 + int(item["expiration_ttl"])
    return None if item.get("expiration") is None else int(item["expiration"])


def _metadata(item: Mapping[str, Any], place: str) -> str | None:
    if item.get("metadata") is None:
        return None
    text = stringify(item["metadata"])
    size = len(text.encode()) if isinstance(text, str) else 0
    if size > LIMITS.metadata_size:
        raise SourceError(f"{place}: metadata of {size} bytes exceeds the limit of {LIMITS.metadata_size}")
    return str(text)


def write_bulk(entries: Mapping[str, Entry]) -> str:
    """The bulk file that puts ``entries``: JSON, one item a line."""
    lines = (json.dumps(item_of(key, entry), ensure_ascii=False) for key, entry in entries.items())
    return "[\n" + ",\n".join(lines) + "\n]\n"


def item_of(key: str, entry: Entry) -> dict[str, Any]:
    """The item that puts an entry."""
    item: dict[str, Any] = {"key": key}
    try:
        item["value"] = entry.value.decode()
    except UnicodeDecodeError:
        item |= {"value": base64.b64encode(entry.value).decode("ascii"), "base64": True}
    if entry.expiration is not None:
        item["expiration"] = entry.expiration
    if entry.metadata is not None:
        item["metadata"] = parse(entry.metadata)
    return item


def _type(value: Any) -> str:
    names = {dict: "object", list: "array", str: "string", bool: "boolean", type(None): "null"}
    return names.get(type(value), "number")
