"""What a namespace holds, seen as a queue."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any, Final

from harness.migrations.queue import layout
from kvstore import Entry
from kvstore.errors import KVSyntaxError
from kvstore.javascript.json_text import parse, stringify
from kvstore.stores.table import under


def _under(prefix: str) -> "cached_property[Under]":
    """The entries of a state whose keys begin with ``prefix``, by the rest of their keys."""
    return cached_property(lambda state: Under(state.entries, prefix))


@dataclass(frozen=True)
class QueueState:
    """The entries of a namespace at one moment, in key order; nothing here changes them."""

    entries: Mapping[str, Entry]

    old_tasks = _under(layout.OLD_TASK)
    new_tasks = _under(layout.NEW_TASK)
    old_leases = _under(layout.OLD_LEASE)
    new_leases = _under(layout.NEW_LEASE)
    results = _under(layout.RESULT)
    # Tasks that were set aside because their body is no JSON.
    quarantined = _under(layout.QUARANTINE)

    @property
    def others(self) -> list[str]:
        """The keys that the migration must not touch."""
        return [key for key in self.entries if not layout.belongs_to_migration(key)]

    @cached_property
    def pending(self) -> Any:
        """The pending list as parsed; None when there is none, BROKEN when it is not JSON."""
        entry = self.entries.get(layout.PENDING)
        if entry is None:
            return None
        return parsed_list(entry)

    @cached_property
    def pending_ids(self) -> list[str]:
        """The strings of the pending list, in order, repetitions included."""
        return [item for item in self.pending if isinstance(item, str)] if self.has_pending_array else []

    @property
    def has_pending_array(self) -> bool:
        return isinstance(self.pending, list)

    @cached_property
    def duplicates(self) -> dict[str, int]:
        """Ids that the pending list names more than once, with how often."""
        counts: dict[str, int] = {}
        for task in self.pending_ids:
            counts[task] = counts.get(task, 0) + 1
        return {task: count for task, count in counts.items() if count > 1}

    @cached_property
    def dangling(self) -> list[str]:
        """Ids in the pending list without a task."""
        return [task for task in dict.fromkeys(self.pending_ids) if task not in self.tasks]

    @cached_property
    def orphans(self) -> list[str]:
        """Tasks in the old format that the pending list does not name."""
        listed = set(self.pending_ids)
        return [task for task in self.old_tasks if task not in listed]

    @cached_property
    def corrupt(self) -> list[str]:
        """Tasks whose body is not JSON."""
        return [task for task, entry in self.tasks.items() if parsed(entry) is BROKEN]

    @cached_property
    def permanent(self) -> list[str]:
        """Tasks that never expire."""
        return [task for task, entry in self.tasks.items() if entry.expiration is None]

    @cached_property
    def with_metadata(self) -> list[str]:
        return [task for task, entry in self.tasks.items() if entry.metadata is not None]

    @cached_property
    def tasks(self) -> "Either":
        """Every task in either format; the new one wins."""
        return Either(self.new_tasks, self.old_tasks)

    @property
    def live(self) -> list[str]:
        """Tasks that are owed to somebody: stored, not expired, and without a result."""
        return [task for task in self.tasks if task not in self.results]


class Under(Mapping[str, Entry]):
    """The ``entries`` whose keys begin with ``prefix``, by what follows it: nothing is kept twice."""

    def __init__(self, entries: Mapping[str, Entry], prefix: str) -> None:
        self._entries, self._prefix = entries, prefix
        self._count: int | None = None

    def __getitem__(self, rest: str) -> Entry:
        return self._entries[self._prefix + rest]

    def __contains__(self, rest: object) -> bool:
        return isinstance(rest, str) and self._prefix + rest in self._entries

    def __iter__(self) -> Iterator[str]:
        start = len(self._prefix)
        return (key[start:] for key in under(self._entries, self._prefix))

    def __len__(self) -> int:
        if self._count is None:
            self._count = sum(1 for _ in under(self._entries, self._prefix))
        return self._count


class Either(Mapping[str, Entry]):
    """The entries of ``first`` and ``second``, by names; where both have one, the first's."""

    def __init__(self, first: Mapping[str, Entry], second: Mapping[str, Entry]) -> None:
        self._first, self._second = first, second

    def __getitem__(self, name: str) -> Entry:
        return (self._first if name in self._first else self._second)[name]

    def __contains__(self, name: object) -> bool:
        return name in self._first or name in self._second

    def __iter__(self) -> Iterator[str]:
        yield from self._second
        yield from (name for name in self._first if name not in self._second)

    def __len__(self) -> int:
        return len(self._second) + sum(name not in self._second for name in self._first)


class Broken:
    """The parsed form of what is not JSON; there is one, BROKEN."""

    def __repr__(self) -> str:
        return "BROKEN"


BROKEN = Broken()
_IDENTITY: Final = ("workerId", "claimNonce", "expiresAt")


def parsed(entry: Entry) -> Any:
    """An entry's value as ``get(…, "json")`` gives it, BROKEN when it is no JSON."""
    try:
        return parse(entry.value.decode("utf-8-sig", "replace"))
    except KVSyntaxError:
        return BROKEN


# The moments of a walk have few lists, and a list may have a million ids.
parsed_list = lru_cache(maxsize=2)(parsed)


@dataclass(frozen=True)
class Lease:
    """Who holds a task, and until when: ``until`` in epoch seconds, None for ever."""

    worker: Any
    nonce: Any
    expires_at: Any
    until: float | None

    @classmethod
    @lru_cache(maxsize=1024)  # checkers look at the same leases again and again
    def read(cls, entry: Entry) -> "Lease | None":
        """None when the entry is not a lease."""
        value = parsed(entry)
        if not isinstance(value, dict):
            return None
        said = epoch_seconds(value.get("expiresAt"))
        ends = [moment for moment in (said, entry.expiration) if moment is not None]
        worker, nonce, expires_at = (_plain(value.get(name)) for name in _IDENTITY)
        return cls(worker, nonce, expires_at, min(ends, default=None))

    def same_hold(self, other: "Lease") -> bool:
        """Whether two leases are the same claim by the same worker, promised for the same time."""
        mine = (self.worker, self.nonce, self.expires_at)
        return mine == (other.worker, other.nonce, other.expires_at)


def epoch_seconds(text: object) -> float | None:
    """An ISO 8601 time as epoch seconds, None for anything else."""
    if not isinstance(text, str):
        return None
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        return None


def _plain(value: Any) -> Any:
    """What a lease says, as something to compare and to keep in a set: text, or what it is in JSON."""
    return value if value is None or isinstance(value, str) else str(stringify(value))
