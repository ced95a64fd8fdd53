"""KVNamespace: what ``env.CACHE`` is to a Worker.

Takes the arguments that a JavaScript Worker passes, written in Python as kvstore.javascript says, and checks
them in the product's own order with its own texts. Keyword arguments become one options object in last place.
"""

from collections.abc import Sequence
from typing import Any, Final

from kvstore import messages
from kvstore.binding.values import metadata_text, value_bytes
from kvstore.errors import KVTypeError
from kvstore.javascript.json_text import is_array_index, parse
from kvstore.javascript.stream import ReadableStream
from kvstore.javascript.values import UNDEFINED, ArrayBuffer, JsMap, to_string
from kvstore.limits import LIMITS, Limits
from kvstore.storage.keys import check_key, unicode_text
from kvstore.storage.options import DEFAULT_GET, GetOptions, ListOptions, PutOptions
from kvstore.storage.storage import Lifetime, Storage
from kvstore.store import KeyInfo, Store

# A tuple is made once, a union of types each time that it is asked for.
_ARRAYS: Final = (list, tuple)


class KVNamespace:
    """The binding API over a store.

    Errors are KVError and its subclasses, with ``name`` and ``message`` as a Worker sees them.
    Source of the behaviour: workerd's binding and Miniflare 5's storage, recorded.
    """

    def __init__(self, store: Store, limits: Limits = LIMITS) -> None:
        self.store = store
        self.limits = limits
        self.storage = Storage(store, limits, bound=True)

    async def get(self, *arguments: Any, **options: Any) -> Any:
        """``get(key, type | {type, cacheTtl})`` or ``get([keys], …)``.

        The value: str for ``text``, any JSON for ``json``, ArrayBuffer, or ReadableStream; None if missing.
        For a list of up to 100 keys a JsMap of values in request order.
        """
        key, settings = self._get_arguments("get", "string or Array", arguments, options)
        if isinstance(key, _ARRAYS):
            return await self._many(key, settings, with_metadata=False)
        name = check_key("GET", to_string(key), self.limits)
        entry = await self.storage.get(name, settings.cache_ttl)
        return None if entry is None else read_as(entry.value, settings.kind)

    async def getWithMetadata(self, *arguments: Any, **options: Any) -> Any:
        """As `get`, with ``{value, metadata, cacheStatus}``; a bulk answer has no cacheStatus."""
        key, settings = self._get_arguments("getWithMetadata", "Array or string", arguments, options)
        if isinstance(key, _ARRAYS):
            return await self._many(key, settings, with_metadata=True)
        name = check_key("GET", to_string(key), self.limits)
        entry = await self.storage.get(name, settings.cache_ttl)
        if entry is None:
            return {"value": None, "metadata": None, "cacheStatus": None}
        value = read_as(entry.value, settings.kind)
        metadata = None if entry.metadata is None else parse(entry.metadata)
        return {"value": value, "metadata": metadata, "cacheStatus": None}

    async def put(self, *arguments: Any, **options: Any) -> None:
        """``put(key, value, {expiration, expirationTtl, metadata})``: replaces the whole entry.

        ``expiration`` in epoch seconds, ``expirationTtl`` in seconds; at least 60 ahead. Limits: 512-byte
        keys, 25 MiB values, 1024 bytes of metadata as JSON.
        """
        given = _arguments("put", arguments, options, ("string", "string or Object"))
        settings = PutOptions.read(given[2] if len(given) > 2 else UNDEFINED)
        key = check_key("PUT", to_string(given[0]), self.limits)
        content = value_bytes(given[1])
        if isinstance(content, ReadableStream):
            content = await content.read()
        metadata = metadata_text(settings.metadata)
        lifetime = Lifetime(settings.expiration, settings.expiration_ttl)
        await self.storage.put(key, content, lifetime, metadata)

    async def delete(self, *arguments: Any, **options: Any) -> None:
        """``delete(key)``: whether or not the key exists."""
        given = _arguments("delete", arguments, options, ("string",))
        key = check_key("DELETE", to_string(given[0]), self.limits)
        await self.storage.delete(key)

    async def list(self, *arguments: Any, **options: Any) -> dict[str, Any]:
        """``list({prefix, limit, cursor})``: up to 1000 keys in the order of their UTF-8 bytes.

        ``{keys: [{name, expiration?, metadata?}], list_complete, cursor?, cacheStatus}``.
        """
        given = _arguments("list", arguments, options, ())
        settings = ListOptions.read(given[0] if given else UNDEFINED)
        limit = settings.limit if settings.limit > 0 else None
        page = await self.storage.list(unicode_text(settings.prefix), settings.cursor, limit)
        result: dict[str, Any] = {
            "keys": [list_key(info) for info in page.keys],
            "list_complete": page.cursor is None,
        }
        if page.cursor is not None:
            result["cursor"] = page.cursor
        result["cacheStatus"] = None
        return result

    def _get_arguments(
        self, method: str, expected: str, arguments: tuple[Any, ...], options: dict[str, Any]
    ) -> tuple[Any, GetOptions]:
        given = _arguments(method, arguments, options, (expected,))
        return given[0], GetOptions.read(given[1]) if len(given) > 1 else DEFAULT_GET

    async def _many(self, keys: Sequence[Any], settings: GetOptions, *, with_metadata: bool) -> JsMap:
        names = [unicode_text(to_string(key)) for key in keys]
        options = GetOptions(unicode_text(settings.kind), settings.cache_ttl)
        values = await self.storage.get_many(names, options, with_metadata=with_metadata)
        # workerd makes the Map from an object, and does not see those of its members that look like indices.
        return JsMap((name, value) for name, value in values.items() if not is_array_index(name))


def _arguments(
    method: str, arguments: tuple[Any, ...], options: dict[str, Any], expected: tuple[str, ...]
) -> tuple[Any, ...]:
    """The arguments, keywords folded into one options object. Raises KVTypeError for too few."""
    given = (*arguments, options) if options else arguments
    if len(given) < len(expected):
        position = len(given) + 1
        raise KVTypeError(messages.wrong_argument(method, position, expected[position - 1]))
    return given


def read_as(value: bytes, kind: str) -> Any:
    """A stored value in the form that ``type`` asks for."""
    if kind == "text":
        return value.decode("utf-8", "replace")
    if kind == "json":
        return parse(value.decode("utf-8", "replace"))
    if kind == "arrayBuffer":
        return ArrayBuffer(value)
    if kind == "stream":
        return ReadableStream([value])
    raise KVTypeError(messages.UNKNOWN_TYPE)


def list_key(info: KeyInfo) -> dict[str, Any]:
    """A key as a listing shows it; members that are not set are left out."""
    name, expiration, metadata = info
    shown: dict[str, Any] = {"name": name} if expiration is None else {"name": name, "expiration": expiration}
    if metadata is not None:
        shown["metadata"] = parse(metadata)
    return shown
