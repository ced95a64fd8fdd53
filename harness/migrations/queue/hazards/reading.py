"""What requests read, compared with what was true when they read it."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from operator import attrgetter

from harness.migrations.queue.layout import NEW_LEASE, NEW_TASK, OLD_LEASE, OLD_TASK
from harness.migrations.queue.simulation.record import Record, kept_if_few
from harness.model.log import chosen
from kvstore import Entry, Event

_INDEX = attrgetter("index")


def begun(record: Record, event: Event) -> int:
    """The latest moment (ms) at which the operation had certainly not begun: the end of the one before."""
    return _before(record, event).at


def _before(record: Record, event: Event) -> Event:
    operations = record.operations[event.invocation]
    return operations[max(0, bisect_left(operations, event.index, key=_INDEX) - 1)]


def is_stale(record: Record, get: Event) -> bool:
    """Whether a get was told what at no moment while it was on its way was true."""
    return get.error is None and get.entry not in record.versions.during(get.key, begun(record, get), get.at)


@dataclass(frozen=True, slots=True)
class Listing:
    """What a request was shown of the keys under ``prefix``, page after page, between two moments (ms).

    ``complete`` when the last page was the last.
    """

    prefix: str
    since: int
    until: int
    found: tuple[str, ...]
    complete: bool
    every: frozenset[str]

    def shows(self, key: str) -> bool | None:
        """Whether it shows ``key``; None when it ended before it got there."""
        if key in self.every:
            return True
        reached = self.complete or (self.found and key.encode() <= self.found[-1].encode())
        return False if reached else None


def listings(record: Record, invocation: str) -> list[Listing]:
    """The listings of a request, in order; one that was refused is none."""
    pages: dict[str, list[Event]] = {}
    for event in record.operations.get(invocation, ()):
        if event.verb == "scan" and event.error is None:
            pages.setdefault(event.key, []).append(event)
    return [_listing(record, scans) for scans in pages.values()]


def _listing(record: Record, pages: list[Event]) -> Listing:
    found = tuple(key for page in pages for key in page.found)
    complete = len(pages[-1].found) < record.scenario.page
    return Listing(pages[0].key, begun(record, pages[0]), pages[-1].at, found, complete, frozenset(found))


def last_get(record: Record, invocation: str, key: str, until: int) -> Event | None:
    """The last get of ``key`` by a request that ended at ``until`` (ms) or earlier."""
    for event in reversed(record.by_key[key]):
        if event.verb == "get" and event.invocation == invocation and event.at <= until:
            return event
    return None


_ORIGINAL = {NEW_TASK: OLD_TASK, NEW_LEASE: OLD_LEASE}


def copies(record: Record, prefix: str) -> Iterator[tuple[str, Event, Entry, Entry]]:
    """What the migration copied to the new ``prefix``: id, the write, what it had read, what it wrote."""
    return ((task, write, old, new) for copied, task, write, old, new in _copies(record) if copied == prefix)


@kept_if_few
def _copies(record: Record) -> Iterator[tuple[str, str, Event, Entry, Entry]]:
    for write in chosen(record.writes, *_ORIGINAL, verb="put"):
        prefix = next(prefix for prefix in _ORIGINAL if write.key.startswith(prefix))
        if write.entry is None or not record.made_by_migration(write):
            continue
        task = write.key.removeprefix(prefix)
        read = last_get(record, write.invocation, _ORIGINAL[prefix] + task, write.at)
        if read is not None and read.entry is not None:
            yield prefix, task, write, read.entry, write.entry
