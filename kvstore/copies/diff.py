"""What happened to a namespace between two moments."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from kvstore.store import Entry
from kvstore.text.printable import printable


@dataclass(frozen=True, slots=True)
class Change:
    """An entry that is there before and after, and is not the same."""

    before: Entry
    after: Entry

    @property
    def parts(self) -> tuple[str, ...]:
        """Which of ``value``, ``expiration`` and ``metadata`` changed; metadata is compared as text."""
        pairs = zip(Entry._fields, self.before, self.after, strict=True)
        return tuple(name for name, before, after in pairs if before != after)


@dataclass(frozen=True, slots=True)
class Difference:
    """Entries by key, in the order of the namespace they are from. False when nothing changed."""

    added: dict[str, Entry] = field(default_factory=dict)
    removed: dict[str, Entry] = field(default_factory=dict)
    changed: dict[str, Change] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)

    def __str__(self) -> str:
        """A line for every key: ``+ added``, ``- removed``, ``~ changed (value, metadata)``; for people."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield from (f"- {printable(key)}" for key in self.removed)
        yield from (f"~ {printable(key)} ({', '.join(change.parts)})" for key, change in self.changed.items())
        yield from (f"+ {printable(key)}" for key in self.added)


def diff(before: Mapping[str, Entry], after: Mapping[str, Entry]) -> Difference:
    """Compare two states of a namespace, such as ``await store.entries()`` gives them."""
    shared = {key: Change(before[key], entry) for key, entry in after.items() if key in before}
    return Difference(
        added={key: entry for key, entry in after.items() if key not in before},
        removed={key: entry for key, entry in before.items() if key not in after},
        changed={key: change for key, change in shared.items() if change.before != change.after},
    )
