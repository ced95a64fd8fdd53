"""Events in columns: the record of a walk through a namespace of any size."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, MutableSequence, Sequence
from itertools import chain
from operator import attrgetter
from typing import Any, Final, Literal, NoReturn, overload

from kvstore import Entry, Event
from kvstore.store import Verb

_VERBS: Final[tuple[Verb, ...]] = ("get", "get_many", "put", "delete", "scan")
_VERB_OF: Final = {verb: place for place, verb in enumerate(_VERBS)}

# What events are grouped by.
By = Literal["key", "invocation"]


class Names:
    """Keys by number, each once: a request makes the text of a key anew each time that it asks for it.

    Keys that come one after the other have numbers in a row, so that those of a page are a few runs of
    numbers: the first, and how many.
    """

    def __init__(self) -> None:
        self._numbers = dict[str, int]()
        self._names = list[str]()

    def __getitem__(self, number: int) -> str:
        return self._names[number]

    def number(self, name: str) -> int:
        """The number of a key, which gets one when it has none."""
        number = self._numbers.setdefault(name, len(self._names))
        if number == len(self._names):
            self._names.append(name)
        return number

    def runs(self, names: Iterable[str]) -> "array[int]":
        """What `of` makes the same keys of."""
        runs, after = array("I"), -1
        for number in map(self.number, names):
            if number == after:
                runs[-1] += 1
            else:
                runs.extend((number, 1))
            after = number + 1
        return runs

    def of(self, runs: "array[int]") -> tuple[str, ...]:
        """The keys of runs."""
        every = self._names
        pieces = (every[first : first + count] for first, count in zip(runs[::2], runs[1::2], strict=True))
        return tuple(chain.from_iterable(pieces))


class _Columns:
    """What is known of each event; what few have, by its place. ``asked`` are the keys of a get_many."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.at, self.verb, self.key = array("q"), bytearray(), array("I")
        self.invocation, self.entry = list[str](), list[Entry | None]()
        self.asked: dict[int, array[int]] = {}
        self.found: dict[int, array[int]] = {}
        self.more = dict[int, tuple[Any, ...]]()

    def key_at(self, place: int) -> str:
        asked = self.asked.get(place)
        return self.names[self.key[place]] if asked is None else ",".join(self.names.of(asked))


class Log(MutableSequence[Event]):
    """A list of events that takes a tenth of the memory; each is put together when it is asked for.

    Events are appended, and not changed. A slice is a view: it has the same columns. Logs that are made with
    the same ``names`` keep each key once.
    """

    def __init__(
        self,
        names: Names | None = None,
        columns: _Columns | None = None,
        places: Sequence[int] | None = None,
    ) -> None:
        self._columns = columns or _Columns(names or Names())
        self._places = places  # None for all, also those to come

    def append(self, value: Event) -> None:
        columns, place = self._columns, len(self._columns.at)
        if value.verb == "get_many":
            columns.asked[place] = columns.names.runs(value.keys)
            columns.key.append(0)
        else:
            columns.key.append(columns.names.number(value.key))
        if value.found:
            columns.found[place] = columns.names.runs(value.found)
        if value.error is not None or value.namespace:
            columns.more[place] = (value.error, value.namespace, value.code)
        columns.at.append(value.at)
        columns.verb.append(_VERB_OF[value.verb])
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
        error, namespace, code = columns.more.get(place, (None, "", ""))
        found = columns.found.get(place)
        return Event(
            place,
            columns.at[place],
            columns.invocation[place],
            _VERBS[columns.verb[place]],
            columns.key_at(place),
            columns.entry[place],
            error,
            () if found is None else columns.names.of(found),
            namespace,
            code,
        )

    def grouped(self, by: By) -> "Mapping[str, Log]":
        """The events of each key, or of each invocation, in order."""
        return _Groups(self._columns, by, range(len(self)) if self._places is None else self._places)

    def __setitem__(self, index: Any, value: Any) -> NoReturn:
        raise TypeError("what has happened is not changed")

    def __delitem__(self, index: Any) -> NoReturn:
        raise TypeError("what has happened is not changed")

    def insert(self, index: int, value: Event) -> NoReturn:
        raise TypeError("what has happened is not changed")


class _Groups(Mapping[str, Log]):
    """Places in the order of one column, four bytes each: the events of a name are found by halving."""

    def __init__(self, columns: _Columns, by: By, places: Sequence[int]) -> None:
        self._columns = columns
        self._name = columns.key_at if by == "key" else columns.invocation.__getitem__
        self._places = array("I", sorted(places, key=self._name))

    def _range(self, name: str) -> tuple[int, int]:
        first = bisect_left(self._places, name, key=self._name)
        last, most = first, len(self._places)
        if first < most and self._name(self._places[first]) == name:
            last = bisect_left(self._places, name + "\0", first, most, key=self._name)
        return first, last

    def __getitem__(self, name: str) -> Log:
        """Empty for a name that has none."""
        first, last = self._range(name)
        return Log(columns=self._columns, places=self._places[first:last])

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._range(name)[0] < self._range(name)[1]

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(map(self._name, self._places)))

    def __len__(self) -> int:
        return len(set(map(self._name, self._places)))


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
