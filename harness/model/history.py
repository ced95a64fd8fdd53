"""The namespace at any moment of a simulation, key by key."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from operator import attrgetter

from harness.model.log import grouped
from kvstore import Entry, Event

_INDEX = attrgetter("index")
_AT = attrgetter("at")


class History:
    """What was stored when: ``start`` at the beginning, and ``writes`` since, in order.

    Moments are in milliseconds since the UNIX epoch. An entry that has expired is not there.
    """

    def __init__(self, start: Mapping[str, Entry], writes: Sequence[Event]) -> None:
        self.start = start
        self._to, self._by = grouped(writes, "key"), grouped(writes, "invocation")
        # Every key that ever held anything: those of the beginning, then in the order of their first puts.
        self.keys = tuple(dict.fromkeys([*start, *(event.key for event in writes if event.verb == "put")]))

    def to(self, key: str) -> Sequence[Event]:
        """The puts and deletes of ``key``."""
        return self._to.get(key, ())

    def by(self, invocation: str) -> Sequence[Event]:
        """The puts and deletes of one request."""
        return self._by.get(invocation, ())

    def at(self, key: str, moment: int) -> Entry | None:
        """What was stored at ``moment``, the writes of that very millisecond included."""
        return self._after(key, bisect_right(self.to(key), moment, key=_AT), moment)

    def before(self, write: Event) -> Entry | None:
        """What a write replaced or deleted."""
        return self._after(write.key, bisect_right(self.to(write.key), write.index - 1, key=_INDEX), write.at)

    def during(self, key: str, since: int, until: int) -> list[Entry | None]:
        """What a true read could have found that set out at ``since`` and came back at ``until``."""
        writes = self.to(key)
        first, last = bisect_right(writes, since, key=_AT), bisect_right(writes, until, key=_AT)
        between = [write.entry for write in writes[first:last]]
        return [self._after(key, first, since), *between, self._after(key, last, until)]

    def _after(self, key: str, count: int, moment: int) -> Entry | None:
        """What the first ``count`` writes of ``key`` left, unless that has expired at ``moment``."""
        entry = self.to(key)[count - 1].entry if count else self.start.get(key)
        return entry if entry is not None and alive(entry, moment) else None


def alive(entry: Entry, moment: int) -> bool:
    """Whether an entry has not expired."""
    return entry.expiration is None or entry.expiration * 1000 > moment


def timeline(
    before: Mapping[str, Entry], events: Sequence[Event]
) -> Iterator[tuple[Event, dict[str, Entry]]]:
    """Each write that was carried out, with what was stored right after it.

    The same dict is given every time, changed in place: read it, and do not keep it.
    """
    state = dict(before)
    for event in events:
        if carry_out(event, state):
            yield event, state


def carry_out(event: Event, state: dict[str, Entry]) -> bool:
    """Change ``state`` as the operation changed the store; whether it was a write that succeeded."""
    if event.error is not None:
        return False
    if event.verb == "put" and event.entry is not None:
        state[event.key] = event.entry
    elif event.verb == "delete":
        state.pop(event.key, None)
    else:
        return False
    return True
