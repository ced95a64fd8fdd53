"""The namespace at any moment of a simulation, key by key."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from operator import attrgetter

from harness.model.log import Log, grouped
from kvstore import Entry, Event
from kvstore.stores.names import SomeNames
from kvstore.stores.table import Table, copied

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
        self.keys: Sequence[str]
        if isinstance(writes, Log):
            self.keys = writes.put_after(start)
        else:
            self.keys = tuple(
                dict.fromkeys([*start, *(event.key for event in writes if event.verb == "put")])
            )

    def under(self, prefix: str) -> Sequence[str]:
        """Those of the keys that begin with ``prefix``."""
        if isinstance(self.keys, SomeNames):
            return self.keys.under(prefix)
        return [key for key in self.keys if key.startswith(prefix)]

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
) -> Iterator[tuple[Event, MutableMapping[str, Entry]]]:
    """Each write that was carried out, with what was stored right after it.

    The same mapping is given every time, changed in place: read it, and do not keep it.
    """
    state = copied(before)
    for event in events:
        if _carry_out(event, state):
            yield event, state


def carry_out(events: Sequence[Event], state: MutableMapping[str, Entry]) -> None:
    """Change ``state`` as each of the operations changed the store."""
    if isinstance(events, Log) and isinstance(state, Table):
        events.carry_out(state)
    else:
        for event in events:
            _carry_out(event, state)


def _carry_out(event: Event, state: MutableMapping[str, Entry]) -> bool:
    """The same for one; whether it was a write that succeeded."""
    if event.error is not None:
        return False
    if event.verb == "put" and event.entry is not None:
        state[event.key] = event.entry
    elif event.verb == "delete":
        if event.key in state:
            del state[event.key]
    else:
        return False
    return True
