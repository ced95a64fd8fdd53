"""Values like the user's own: the same with other texts and numbers, and lists with more items.

Names, addresses and numbers that tell one entry from another are seldom in its key alone. Where two
entries must not have them in common, or a list is to be long, others are made of those that are there.
"""

import json
from collections.abc import Iterator
from typing import Any


def varied(value: bytes, number: int) -> Iterator[bytes]:
    """Values like ``value``: the first differs in all of its members, each of the others in one."""
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return
    try:
        document = json.loads(text)
    except ValueError:
        yield _other(text, number).encode()
        return
    for one in _others(document, number):
        yield json.dumps(one, ensure_ascii=False).encode()


def with_many_items(value: bytes, count: int) -> Iterator[bytes]:
    """The value with one of its lists, or objects of items, as long as ``count``; the longest comes first."""
    try:
        document = json.loads(value)
    except ValueError:
        return
    members = list(document.items()) if isinstance(document, dict) else []
    for one in _grown(document, count):
        yield json.dumps(one, ensure_ascii=False).encode()
    for name, items in sorted(members, key=lambda member: -_length(member[1])):
        for one in _grown(items, count):
            yield json.dumps({**document, name: one}, ensure_ascii=False).encode()


def _length(items: Any) -> int:
    return len(items) if isinstance(items, list | dict) else 0


def _grown(items: Any, count: int) -> Iterator[Any]:
    """A list, or an object whose members are all of one kind, with more like its own; each differs in another
    part of its items.
    """
    if isinstance(items, dict) and items and all(isinstance(one, dict | list) for one in items.values()):
        name, item = list(items.items())[-1]
        yield {**items, **{_other(name, number): item for number in range(len(items), count)}}
    if not isinstance(items, list) or not items:
        return
    for way in range(sum(1 for _ in _others(items[-1], 1))):
        yield [*items, *_like(items[-1], way, range(len(items), count))]


def _like(item: Any, way: int, numbers: range) -> Iterator[Any]:
    """More items, with a later value in the ``way``-th of the parts of one."""
    for number in numbers:
        yield list(_others(item, number))[way]


def _others(document: Any, number: int) -> Iterator[Any]:
    """A document with another text or number in all of its members, and in each of them alone."""
    if not isinstance(document, dict):
        other = _other(document, number)
        if other != document:
            yield other
        return
    others = {name: _other(one, number) for name, one in document.items()}
    different = {name: one for name, one in others.items() if one != document[name]}
    if different:
        yield {**document, **different}
    if len(different) > 1:
        for name, one in different.items():
            yield {**document, name: one}


def _other(value: Any, number: int) -> Any:
    """Another text or number; itself where it is neither."""
    if isinstance(value, str) and value:
        name, at, rest = value.partition("@")
        return f"{name}-{number:04}{at}{rest}"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value + number
    return value
