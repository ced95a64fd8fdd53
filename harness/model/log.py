"""Events in columns: the record of a walk through a namespace of any size."""

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping, MutableSequence, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any, Final, Literal, NoReturn, overload

from kvstore import Entry, Event
from kvstore.store import Verb

_VERBS: Final[tuple[Verb, ...]] = ("get", "get_many", "put", "delete", "scan")
_VERB_OF: Final = {verb: place for place, verb in enumerate(_VERBS)}

# What events are grouped by.
By = Literal["key", "invocation"]


class _Columns:
    """What is known of each event; what few have, by its place."""

    def __init__(self, names: dict[str, str]) -> None:
        self.names = names
        self.at, self.verb = array("q"), bytearray()
        self.key, self.invocation = list[str](), list[str]()
        self.entry = list[Entry | None]()
        self.more = dict[int, tuple[Any, ...]]()


class Log(MutableSequence[Event]):
    """A list of events that takes a sixth of the memory; each is put together when it is asked for.

    Events are appended, and not changed. A slice is a view: it has the same columns. ``names`` has the keys,
    each once: a request makes the text of a key anew each time that it asks for it.
    """

    def __init__(
        self,
        names: dict[str, str] | None = None,
        columns: _Columns | None = None,
        places: Sequence[int] | None = None,
    ) -> None:
        self._columns = columns or _Columns({} if names is None else names)
        self._places = places  # None for all, also those to come

    def append(self, value: Event) -> None:
        columns = self._columns
        known = columns.names.setdefault
        if value.error is not None or value.found or value.namespace:
            found = tuple(map(known, value.found, value.found))
            columns.more[len(columns.at)] = (value.error, found, value.namespace, value.code)
        columns.at.append(value.at)
        columns.verb.append(_VERB_OF[value.verb])
        columns.key.append(known(value.key, value.key))
        columns.invocation.append(value.invocation)
        columns.entry.append(value.entry)

    def clear(self) -> None:
        self._columns = _Columns(self._columns.names)

    def __len__(self) -> int:
        return len(self._columns.at) if self._places is None else len(self._places)

    @overload
    def __getitem__(self, index: int) -> Event: ...
    @overload
    def __getitem__(self, index: slice) -> "Log": ...
    def __getitem__(self, index: int | slice) -> "Event | Log":
        every = range(len(self._columns.at)) if self._places is None else self._places
        if isinstance(index, slice):
            return Log(columns=self._columns, places=every[index])
        return self._event(every[index])

    def __iter__(self) -> Iterator[Event]:
        return map(self._event, range(len(self)) if self._places is None else self._places)

    def _event(self, place: int) -> Event:
        columns = self._columns
        event = Event(
            place,
            columns.at[place],
            columns.invocation[place],
            _VERBS[columns.verb[place]],
            columns.key[place],
            columns.entry[place],
        )
        if place in columns.more:
            event.error, event.found, event.namespace, event.code = columns.more[place]
        return event

    def grouped(self, by: By) -> "Mapping[str, Log]":
        """The events of each key, or of each invocation, in order."""
        column: list[str] = getattr(self._columns, by)
        return _Groups(self._columns, column, range(len(self)) if self._places is None else self._places)

    def __setitem__(self, index: Any, value: Any) -> NoReturn:
        raise TypeError("what has happened is not changed")

    def __delitem__(self, index: Any) -> NoReturn:
        raise TypeError("what has happened is not changed")

    def insert(self, index: int, value: Event) -> NoReturn:
        raise TypeError("what has happened is not changed")


class _Groups(Mapping[str, Log]):
    """Places in the order of one column, four bytes each: a name, and with it its events, is found by
    halving.
    """

    def __init__(self, columns: _Columns, column: list[str], places: Sequence[int]) -> None:
        self._columns, name = columns, column.__getitem__
        # The names in their order, where the places of each begin, and the places.
        self._names, self._begins, self._places = list[str](), array("I"), array("I")
        for one, same in groupby(sorted(places, key=name), key=name):
            self._names.append(one)
            self._begins.append(len(self._places))
            self._places.extend(same)
        self._begins.append(len(self._places))

    def _find(self, name: str) -> int | None:
        """The place of a name among the names."""
        found = bisect_left(self._names, name)
        return found if found < len(self._names) and self._names[found] == name else None

    def __getitem__(self, name: str) -> Log:
        """Empty for a name that has none."""
        found: Log = self.get(name, Log(columns=self._columns, places=()))
        return found

    def get(self, name: str, default: Any = None) -> Any:
        found = self._find(name)
        if found is None:
            return default
        places = self._places[self._begins[found] : self._begins[found + 1]]
        return Log(columns=self._columns, places=places)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._find(name) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


class _Lists(dict[str, list[Event]]):
    """What has none is not kept."""

    def __missing__(self, name: str) -> list[Event]:
        return []


def grouped(events: Sequence[Event], by: By) -> Mapping[str, Sequence[Event]]:
    """The events of each key, or of each invocation, in order; for any other name there are none."""
    if isinstance(events, Log):
        return events.grouped(by)
    found, name = _Lists(), attrgetter(by)
    for event in events:
        found.setdefault(name(event), []).append(event)
    return found
