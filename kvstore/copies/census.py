"""A census: what kinds of keys a namespace has, in one pass, and in memory that does not grow with it.

Which part of a key is a word and which a name is declared nowhere: a part that many keys share is a word.
Keys are counted in a tree of their parts; of more different parts than fit in a place, the rarest are names.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final

from kvstore.javascript.values import MAX_SAFE_INTEGER
from kvstore.store import Entry

# So many different beginnings are kinds, each of them; of more, those are that this share of all keys has.
MOST_GROUPS: Final = 12
_SHARE: Final = 0.05
# So many keys without a separator, with values alike, are names; fewer may be words, such as "index".
_NAMES: Final = 3
# A part of a key is a word where so many of the keys that begin as it does have it there (a share of them).
_WORD_SHARE: Final = 0.2
# So many different beginnings, and so many different parts in a place, are told apart while keys are counted.
_BEGINNINGS: Final = 400
_PARTS: Final = 40
# Of longer keys the rest is one part; of values and metadata so many members are named; longer values are not
# parsed (bytes).
_DEEPEST: Final = 8
_MEMBERS: Final = 40
_LONGEST: Final = 1 << 20
_SEPARATOR: Final = re.compile(r"[:/|.]")
_PREFIX: Final = re.compile(r"[^:/|.]*[:/|.]")
_NAME: Final = "*"
_MORE: Final = "…"
# Classes: the first whose number is not exceeded. Bytes of a value, and seconds that an entry has left.
SIZES: Final = ((100, "≤ 100 B"), (1_000, "≤ 1 kB"), (10_000, "≤ 10 kB"), (100_000, "≤ 100 kB"))
LIFETIMES: Final = ((3_600, "≤ 1 h"), (86_400, "≤ 1 day"), (2_592_000, "≤ 30 days"))
_TYPES: Final = {
    str: "a string",
    int: f"a number from 0 to {MAX_SAFE_INTEGER}",
    list: "an array",
    dict: "an object",
}
_LARGER, _LONGER, _EVER = "more", "longer", "for ever"


@dataclass
class Shape:
    """Keys of one pattern: how many, and what is stored under them, each with how many keys have it.

    ``bytes`` is that of all values, ``largest`` of one; ``members`` of JSON objects, and the type of other
    JSON; ``texts`` are not JSON.
    """

    pattern: str = ""
    count: int = 0
    bytes: int = 0
    largest: int = 0
    sizes: dict[str, int] = field(default_factory=dict)
    lifetimes: dict[str, int] = field(default_factory=dict)
    metadata: dict[str, int] = field(default_factory=dict)
    with_metadata: int = 0
    members: dict[str, int] = field(default_factory=dict)
    texts: int = 0

    @property
    def expire(self) -> int:
        """How many have an end."""
        return self.count - self.lifetimes.get(_EVER, 0)

    def add(self, entry: Entry, now: int) -> None:
        """Count one more, at ``now`` (seconds)."""
        size = len(entry.value)
        self.count += 1
        self.bytes += size
        self.largest = max(self.largest, size)
        _count(self.sizes, [_class(SIZES, size, _LARGER)])
        left = None if entry.expiration is None else entry.expiration - now
        _count(self.lifetimes, [_EVER if left is None else _class(LIFETIMES, left, _LONGER)])
        if entry.metadata is not None:
            self.with_metadata += 1
            _count(self.metadata, members_of(entry.metadata) or ())
        found = members_of(entry.value)
        if found is None:
            self.texts += 1
        else:
            _count(self.members, found)

    def merge(self, other: "Shape") -> None:
        self.count += other.count
        self.bytes += other.bytes
        self.largest = max(self.largest, other.largest)
        self.with_metadata += other.with_metadata
        self.texts += other.texts
        for mine, theirs in (
            (self.sizes, other.sizes),
            (self.lifetimes, other.lifetimes),
            (self.metadata, other.metadata),
            (self.members, other.members),
        ):
            for name, count in theirs.items():
                _count(mine, [name], count)


def _class(classes: Sequence[tuple[int, str]], number: int, beyond: str) -> str:
    return next((name for most, name in classes if number <= most), beyond)


def _count(counts: dict[str, int], names: Sequence[str], by: int = 1) -> None:
    for name in names:
        known = name if name in counts or len(counts) < _MEMBERS else _MORE
        counts[known] = counts.get(known, 0) + by


def members_of(text: str | bytes) -> list[str] | None:
    """The members of a JSON object or the type of other JSON; None for other text, and if it is too long."""
    if len(text) > _LONGEST:
        return None
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return list(document) if isinstance(document, dict) else [type(document).__name__]


@dataclass
class Group:
    """The shapes of keys that begin with ``prefix``, the most frequent first; "" where they share none."""

    prefix: str
    shapes: list[Shape]

    @property
    def count(self) -> int:
        return sum(shape.count for shape in self.shapes)


class _Node:
    """The keys that have the same parts so far: how many, and their next parts, each with its separator."""

    __slots__ = ("children", "count", "shape")

    def __init__(self) -> None:
        self.count = 0
        self.children: dict[tuple[str, str], _Node] = {}
        self.shape: Shape | None = None

    def add(self, parts: Sequence[tuple[str, str]], entry: Entry, now: int) -> None:
        self.count += 1
        if not parts:
            self.shape = self.shape or Shape()
            self.shape.add(entry, now)
            return
        child = self.children.get(parts[0])
        if child is None:
            if len(self.children) >= _PARTS:
                self.reduce(_median(self.children))
            child = self.children.setdefault(parts[0], _Node())
        child.add(parts[1:], entry, now)

    def merge(self, other: "_Node") -> None:
        self.count += other.count
        if other.shape is not None:
            self.shape = self.shape or Shape()
            self.shape.merge(other.shape)
        for part, child in other.children.items():
            self.children.setdefault(part, _Node()).merge(child)
        if len(self.children) > 2 * _PARTS:
            self.reduce(_median(self.children))

    def reduce(self, least: float) -> None:
        """Parts that no more than ``least`` keys have are names."""
        for (part, after), child in list(self.children.items()):
            if part not in ("", _NAME) and child.count <= least:
                del self.children[part, after]
                self.children.setdefault((_NAME, after), _Node()).merge(child)

    def shapes(self, pattern: str) -> Iterator[Shape]:
        self.reduce(max(1, _WORD_SHARE * self.count))
        if self.shape is not None:
            self.shape.pattern = pattern
            yield self.shape
        for (part, after), child in self.children.items():
            yield from child.shapes(pattern + part + after)


def _median(nodes: Mapping[Any, _Node]) -> int:
    """How often the less frequent half are there."""
    return sorted(node.count for node in nodes.values())[len(nodes) // 2]


class Census:
    """Counts entries, one at a time; ``now`` is the moment of it, in seconds since the UNIX epoch."""

    def __init__(self, now: int) -> None:
        self.count = 0
        self._now = now
        # By how the key begins, up to the first separator, and by how many parts it has.
        self._beginnings: dict[str, dict[int, _Node]] = {}
        self._rest: dict[int, _Node] = {}
        self._whole: dict[str, bytes] = {}
        self._alike: Counter[bytes] = Counter()
        self._is_reduced = False

    def add(self, key: str, entry: Entry) -> None:
        self.count += 1
        begins = _PREFIX.match(key)
        beginning = begins.group() if begins else key
        if beginning not in self._beginnings and len(self._beginnings) >= _BEGINNINGS:
            self._reduce()
        if begins is None:
            self._whole[key] = kind = _kind(entry.value)
            self._alike[kind] += 1
        parts = _parts(key.removeprefix(beginning)) if begins else []
        by_length = self._beginnings.setdefault(beginning, {})
        by_length.setdefault(len(parts), _Node()).add(parts, entry, self._now)

    def _reduce(self) -> None:
        """The rarer half of the beginnings are names."""
        self._is_reduced = True
        counts = {beginning: _size(nodes) for beginning, nodes in self._beginnings.items()}
        least = sorted(counts.values())[len(counts) // 2]
        for beginning, count in counts.items():
            if count <= least:
                _into(self._rest, beginning, self._beginnings.pop(beginning))
                self._whole.pop(beginning, None)

    def groups(self) -> list[Group]:
        """What was counted, the largest groups first. No more can be counted then."""
        many = self._is_reduced or len(self._beginnings) > MOST_GROUPS
        least = _SHARE * self.count if many else 0
        names = {key for key, kind in self._whole.items() if self._alike[kind] >= _NAMES}
        found: list[Group] = []
        for beginning, nodes in self._beginnings.items():
            if beginning in names or _size(nodes) < least:
                _into(self._rest, beginning, nodes)
            else:
                found.append(Group(beginning, _shapes(nodes, beginning)))
        if self._rest:
            found.append(Group("", _shapes(self._rest, "")))
        return sorted(found, key=lambda one: (-one.count, one.prefix))


def _kind(value: bytes) -> bytes:
    """How a value begins: enough to tell a document from a list, and both from a text or a number."""
    first = value[:1]
    return b"0" if first.isdigit() else first if first in (b"{", b"[", b'"') else b""


def _parts(text: str) -> list[tuple[str, str]]:
    """The parts of what follows the beginning, each with the separator after it."""
    words = _SEPARATOR.split(text, _DEEPEST)
    at = 0
    found: list[tuple[str, str]] = []
    for word in words:
        at += len(word)
        found.append((word, text[at : at + 1] if len(found) < _DEEPEST else ""))
        at += 1
    return found


def _size(nodes: Mapping[int, _Node]) -> int:
    return sum(node.count for node in nodes.values())


def _into(rest: dict[int, _Node], beginning: str, nodes: Mapping[int, _Node]) -> None:
    """Keys whose beginning is a name join those that share none."""
    after = beginning[-1] if _SEPARATOR.match(beginning[-1:]) else ""
    for length, node in nodes.items():
        above = rest.setdefault(length + 1, _Node())
        above.count += node.count
        above.children.setdefault((_NAME, after), _Node()).merge(node)


def _shapes(nodes: Mapping[int, _Node], prefix: str) -> list[Shape]:
    found: list[Shape] = [shape for node in nodes.values() for shape in node.shapes(prefix)]
    return sorted(found, key=lambda one: (-one.count, one.pattern))


def census_of(entries: Mapping[str, Entry], now: int) -> list[Group]:
    """The groups of a namespace that is in memory."""
    census = Census(now)
    for key, entry in entries.items():
        census.add(key, entry)
    return census.groups()


def as_json(groups: Sequence[Group]) -> list[dict[str, Any]]:
    """Groups as `read_groups` reads them."""
    return [asdict(group) for group in groups]


def read_groups(document: Any) -> list[Group]:
    """The groups of a census; a shape needs only its pattern and count.

    Raises ValueError for any other document.
    """
    if not isinstance(document, list):
        raise ValueError("it is not a census: that is an array of groups")
    return [
        Group(_member(one, "prefix", str), [_shape(shape) for shape in _member(one, "shapes", list)])
        for one in document
    ]


def _shape(found: Any) -> Shape:
    shape = Shape()
    for member in fields(Shape):
        if isinstance(found, dict) and member.name not in ("pattern", "count", *found):
            continue
        setattr(shape, member.name, _member(found, member.name, type(getattr(shape, member.name))))
    for counts in (shape.sizes, shape.lifetimes, shape.metadata, shape.members):
        for name in counts:
            _member(counts, name, int)
    return shape


def _member(found: Any, name: str, kind: type) -> Any:
    value = found.get(name) if isinstance(found, dict) else None
    out_of_range = isinstance(value, int) and not 0 <= value <= MAX_SAFE_INTEGER
    if not isinstance(value, kind) or isinstance(value, bool) or out_of_range:
        raise ValueError(
            f"it is not a census: {name!r} must be {_TYPES[kind]}, but is {json.dumps(value):.40}"
        )
    return value
