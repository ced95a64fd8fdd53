"""What a test does to a namespace beside the Worker: fill it, read it, let its operations fail."""

import json
from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kvstore import Clock, Difference, Entry, SourceError, diff, read_bulk
from kvstore.faults import read_fault
from kvstore.javascript.json_text import stringify
from kvstore.layers.transit import OneFault, Plan
from kvstore.stores.memory import MemoryStore

Run = Callable[[Coroutine[Any, Any, Any]], Any]
Value = str | bytes | Entry | dict[str, Any] | list[Any]


@dataclass(eq=False, repr=False)
class Keys:
    """One namespace, at its origin: what it holds, whatever a location still sees.

    ``keys["name"]`` is an entry; ``text(name)`` and ``json(name)`` are its value, None where there is none.
    """

    name: str
    _store: MemoryStore
    _clock: Clock
    _run: Run
    _follow: Callable[[Plan], None]

    def seed(self, entries: Mapping[str, Value] | str | Path) -> None:
        """Store entries that everybody has seen for long: values by key, or a bulk JSON file.

        A value is text, bytes, an Entry (with expiration and metadata), or what becomes JSON. Raises
        SourceError for a file that is not one.
        """
        if isinstance(entries, str | Path):
            entries = _from_file(Path(entries), self._clock)
        self._run(self._store.put_many({key: _entry(value) for key, value in entries.items()}))

    def snapshot(self) -> dict[str, Entry]:
        """Every entry that has not expired, by key."""
        found: dict[str, Entry] = self._run(self._store.entries())
        return found

    def diff(self, before: Mapping[str, Entry]) -> "Changes":
        """What changed since a snapshot: the keys ``added``, ``removed`` and ``changed``."""
        return Changes(diff(before, self.snapshot()))

    def fail(self, fault: str) -> None:
        """Let a fault happen: ``refused@1`` refuses the next operation of this namespace.

        Counted from now, whatever location asks; the last that was said counts. Raises ValueError.
        """
        self._follow(OneFault(read_fault(fault)))

    def text(self, key: str) -> str | None:
        entry = self.snapshot().get(key)
        return None if entry is None else entry.value.decode()

    def json(self, key: str) -> Any:
        text = self.text(key)
        return None if text is None else json.loads(text)

    def __getitem__(self, key: str) -> Entry:
        return self.snapshot()[key]

    def __contains__(self, key: str) -> bool:
        return key in self.snapshot()

    def __iter__(self) -> Iterator[str]:
        return iter(self.snapshot())

    def __len__(self) -> int:
        return len(self.snapshot())

    def __repr__(self) -> str:
        return f"<KV namespace {self.name}: {len(self)} keys>"


class Changes:
    """Keys, in their order; ``of`` has the entries. False when nothing changed."""

    def __init__(self, of: Difference) -> None:
        self.of = of
        self.added = list(of.added)
        self.removed = list(of.removed)
        self.changed = list(of.changed)

    def __bool__(self) -> bool:
        return bool(self.of)

    def __repr__(self) -> str:
        return str(self.of) or "nothing changed"


class Namespaces:
    """``kv.NOTES`` is the namespace of that binding. Raises AttributeError with those that there are."""

    def __init__(self, by_binding: Mapping[str, Keys]) -> None:
        self._by_binding = by_binding

    def __getattr__(self, name: str) -> Keys:
        try:
            return self._by_binding[name]
        except KeyError:
            known = ", ".join(self._by_binding) or "none"
            raise AttributeError(f"the Worker binds no KV namespace {name!r}; it binds: {known}") from None

    def __getitem__(self, name: str) -> Keys:
        return self._by_binding[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_binding)


def _from_file(path: Path, clock: Clock) -> Mapping[str, Entry]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SourceError(f"cannot read {path}: {error.strerror}") from error
    return read_bulk(text, clock, str(path)).entries


def _entry(value: Value) -> Entry:
    if isinstance(value, Entry):
        return value
    if isinstance(value, bytes):
        return Entry(value, None, None)
    text = value if isinstance(value, str) else str(stringify(value))
    return Entry(text.encode(), None, None)
