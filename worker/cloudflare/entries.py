"""Whole entries of a namespace in an account: value, metadata and expiration, byte for byte."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final

from kvstore.javascript.json_text import stringify
from kvstore.limits import LIMITS
from kvstore.store import Entry
from worker.cloudflare.errors import ApiError, StatusError
from worker.cloudflare.values import Values

# Refusals that fewer keys would not change; any other 4xx may be about what was to be carried.
_FINAL: Final = (401, 403, 404, 429)
_REPLACED: Final = "\ufffd"

Key = Mapping[str, Any]


async def fetch_entries(values: Values, keys: Sequence[Key]) -> AsyncIterator[dict[str, Entry]]:
    """The entries of ``keys``, which are as a listing describes them, in parts of up to 100.

    A key that has gone since it was listed is left out. The API answers in bulk with text, up to 25 MiB of
    it: what is not text, or too much, is asked for key by key. Raises ApiError and StatusError.
    """
    for start in range(0, len(keys), LIMITS.bulk_get_keys):
        async for part in _fetch(values, keys[start : start + LIMITS.bulk_get_keys]):
            yield part


async def _fetch(values: Values, keys: Sequence[Key]) -> AsyncIterator[dict[str, Entry]]:
    try:
        found = await values.get_many([key["name"] for key in keys], with_metadata=True)
    except ApiError as error:
        if not 400 <= error.status < 500 or error.status in _FINAL:
            raise
        if len(keys) == 1:
            yield await _fetch_one(values, keys[0], {})
            return
        half = len(keys) // 2
        for some in (keys[:half], keys[half:]):
            async for part in _fetch(values, some):
                yield part
        return
    entries: dict[str, Entry] = {}
    for key in keys:
        described = found.get(key["name"], {"value": _REPLACED})  # left out: servers lose a key __proto__
        if not isinstance(described, dict):  # the API of wrangler dev leaves withMetadata out of account
            described = {"value": described}
        text = described.get("value")
        if isinstance(text, str) and _REPLACED not in text:
            entries[key["name"]] = _entry(text.encode(), key, described)
        elif text is not None:
            entries |= await _fetch_one(values, key, described)
    yield entries


async def _fetch_one(values: Values, key: Key, described: Key) -> dict[str, Entry]:
    try:
        return {key["name"]: _entry(await values.get(key["name"]), key, described)}
    except StatusError as error:
        if error.status == 404:
            return {}
        raise


def _entry(value: bytes, key: Key, described: Key) -> Entry:
    """What came with the value is newer than the listing, which knows more."""
    metadata = described.get("metadata", key.get("metadata"))
    text = None if metadata is None else str(stringify(metadata))
    expiration = described.get("expiration", key.get("expiration"))
    return Entry(value, None if expiration is None else int(expiration), text)
