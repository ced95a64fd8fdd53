"""The JavaScript classes Map and Set."""

from collections.abc import Iterator
from typing import Any

from kvstore.javascript.values import UNDEFINED, JsMap, Undefined
from worker.sdk.ffi.iteration import iterate
from worker.sdk.ffi.jsobject import JsObject, view_of


class Map(JsObject):
    def __init__(self, entries: JsMap) -> None:
        self._entries = entries

    @classmethod
    def js_construct(cls, *arguments: Any) -> JsMap:
        pairs = [tuple(iterate(pair)) for pair in _items(arguments)]
        return JsMap({key: value for key, value, *_ in pairs})

    @property
    def size(self) -> int:
        return len(self._entries)

    def has(self, key: Any) -> bool:
        return key in self._entries

    def set(self, key: Any, value: Any) -> JsMap:
        self._entries[key] = value
        return self._entries

    def delete(self, key: Any) -> bool:
        return self._entries.pop(key, UNDEFINED) is not UNDEFINED

    def keys(self) -> Iterator[Any]:
        return iter(list(self._entries))

    def values(self) -> Iterator[Any]:
        return iter(list(self._entries.values()))

    def entries(self) -> Iterator[Any]:
        return iter([[key, value] for key, value in self._entries.items()])


class Set(JsObject):
    def __init__(self, members: Any) -> None:
        self._members = members

    @classmethod
    def js_construct(cls, *arguments: Any) -> Any:
        return set(_items(arguments))

    @property
    def size(self) -> int:
        return len(self._members)

    def has(self, member: Any) -> bool:
        return member in self._members

    def add(self, member: Any) -> Any:
        self._members.add(member)
        return self._members

    def delete(self, member: Any) -> bool:
        present = member in self._members
        self._members.discard(member)
        return present


view_of.register(JsMap, Map)
for _type in (set, frozenset):
    view_of.register(_type, Set)


def _items(arguments: tuple[Any, ...]) -> Iterator[Any]:
    empty = not arguments or arguments[0] is None or isinstance(arguments[0], Undefined)
    return iter(()) if empty else iterate(arguments[0])
