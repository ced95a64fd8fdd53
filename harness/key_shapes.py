"""What kinds of keys a namespace has: the prefixes that name a kind, and the shapes of what comes after.

Which part of a key is a word and which a name is declared nowhere: a part that many keys share is a word.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from kvstore import Entry

# So many different beginnings are kinds, each of them; of more, those are that this share of all keys has.
MOST_GROUPS: Final = 12
_SHARE: Final = 0.05
# So many keys without a separator, with values alike, are names; fewer may be words, such as "index".
_NAMES: Final = 3
# A part of a key is a word where so many keys of the kind have it there (a share of them).
_WORD_SHARE: Final = 0.2
_SEPARATOR: Final = re.compile(r"[:/|.]")
_PREFIX: Final = re.compile(r"[^:/|.]*[:/|.]")


def grouped(entries: Mapping[str, Entry]) -> dict[str, dict[str, Entry]]:
    """Entries by a prefix of their keys, the largest groups first; "" for those that share none."""
    found: dict[str, dict[str, Entry]] = {}
    for key, entry in entries.items():
        beginning = _PREFIX.match(key)
        found.setdefault(beginning.group() if beginning else key, {})[key] = entry
    least = _SHARE * len(entries) if len(found) > MOST_GROUPS else 0
    names = _names({key: group[key] for key, group in found.items() if key in group})
    groups: dict[str, dict[str, Entry]] = {}
    for prefix, group in found.items():
        is_kind = prefix not in names and len(group) >= max(least, 1)
        groups.setdefault(prefix if is_kind else "", {}).update(group)
    return dict(sorted(groups.items(), key=lambda one: (-len(one[1]), one[0])))


def _names(whole: Mapping[str, Entry]) -> set[str]:
    """Those of the keys without a separator that are names: several have values alike."""
    alike = Counter(_kind(entry.value) for entry in whole.values())
    return {key for key, entry in whole.items() if alike[_kind(entry.value)] >= _NAMES}


def _kind(value: bytes) -> bytes:
    """How a value begins: enough to tell a document from a list, and both from a text or a number."""
    first = value[:1]
    return b"0" if first.isdigit() else first if first in (b"{", b"[", b'"') else b""


def shapes(prefix: str, keys: Iterable[str]) -> dict[str, list[str]]:
    """The keys that begin with ``prefix`` by how they go on, ``*`` for a name; the most frequent first."""
    parts = {key: _SEPARATOR.split(key.removeprefix(prefix)) for key in keys}
    lengths = Counter(map(len, parts.values()))
    found = Counter((len(one), place, part) for one in parts.values() for place, part in enumerate(one))
    by_shape: dict[str, list[str]] = {}
    for key, one in parts.items():
        least = max(1, _WORD_SHARE * lengths[len(one)])
        shown = [
            part if found[len(one), at, part] > least or not part else "*" for at, part in enumerate(one)
        ]
        separators = [*_SEPARATOR.findall(key.removeprefix(prefix)), ""]
        shape = prefix + "".join(f"{part}{after}" for part, after in zip(shown, separators, strict=True))
        by_shape.setdefault(shape, []).append(key)
    return dict(sorted(by_shape.items(), key=lambda one: -len(one[1])))
