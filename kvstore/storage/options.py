"""The options objects of the binding: which members count, and how they are converted."""

from typing import Any, Final, NamedTuple, Self

from kvstore import messages
from kvstore.errors import KVTypeError
from kvstore.javascript.values import UNDEFINED, JsMap, Symbol, to_int32, to_string

# A tuple is made once, a union of types each time that it is asked for.
_PRIMITIVES: Final = (str, int, float, Symbol)  # bool is an int


def _absent(given: Any) -> bool:
    return given is None or given is UNDEFINED


def _members(given: Any, method: str, position: int, expected: str) -> dict[str, Any]:
    """The members of an options object. null, undefined, arrays and the like have none that count.

    Raises KVTypeError for a primitive: as an argument of ``method`` in that place it was to be ``expected``.
    """
    if isinstance(given, _PRIMITIVES):
        raise KVTypeError(messages.wrong_argument(method, position, expected))
    return _plain(given)


def _plain(given: Any) -> dict[str, Any]:
    """A plain object's members; what a Map holds are entries, not members."""
    return given if isinstance(given, dict) and not isinstance(given, JsMap) else {}


def _integer(members: dict[str, Any], name: str) -> int | None:
    value = members.get(name, UNDEFINED)
    return None if value is UNDEFINED else to_int32(value)


def _text(members: dict[str, Any], name: str) -> str | None:
    value = members.get(name, UNDEFINED)
    return None if _absent(value) else to_string(value)


class GetOptions(NamedTuple):
    """``kind`` is the type as given, ``text`` by default; ``cache_ttl`` in seconds, None when absent."""

    kind: str = "text"
    cache_ttl: int | None = None

    @classmethod
    def read(cls, given: Any) -> "GetOptions":
        """From a type name or ``{type, cacheTtl}``; a bare number or boolean is taken for a type name."""
        if _absent(given):
            return DEFAULT_GET
        if isinstance(given, _PRIMITIVES):
            kind = to_string(given)
            return _OF_KIND.get(kind) or cls(kind)
        members = _plain(given)
        named = members.get("type", UNDEFINED)
        return cls("text" if named is UNDEFINED else to_string(named), _integer(members, "cacheTtl"))


DEFAULT_GET: Final = GetOptions()
_OF_KIND: Final = {kind: GetOptions(kind) for kind in ("text", "json", "arrayBuffer", "stream")}


class PutOptions(NamedTuple):
    """Both times in seconds, None when absent; ``metadata`` is any value, UNDEFINED or None for none."""

    expiration: int | None = None
    expiration_ttl: int | None = None
    metadata: Any = UNDEFINED

    @classmethod
    def read(cls, given: Any) -> Self:
        members = _members(given, "put", 3, "PutOptions")
        return cls(
            _integer(members, "expiration"),
            _integer(members, "expirationTtl"),
            members.get("metadata", UNDEFINED),
        )


class ListOptions(NamedTuple):
    """``limit`` as given, 0 when absent; ``prefix`` is "" for none, ``cursor`` None."""

    limit: int = 0
    prefix: str = ""
    cursor: str | None = None

    @classmethod
    def read(cls, given: Any) -> Self:
        members = _members(given, "list", 1, "ListOptions")
        prefix, cursor = _text(members, "prefix"), _text(members, "cursor")
        return cls(_integer(members, "limit") or 0, prefix or "", cursor)
