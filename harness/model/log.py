"""Events in columns: the record of a walk through a namespace of any size."""

from array import array
from collections.abc import Iterable, Iterator, Mapping, MutableSequence, Sequence
from itertools import accumulate, chain, pairwise
from operator import attrgetter
from typing import Any, Final, Literal, NamedTuple, NoReturn, overload

from kvstore import Entry, Event
from kvstore.store import Verb

_VERBS: Final[tuple[Verb, ...]] = ("get", "get_many", "put", "delete", "scan")
_VERB_OF: Final = {verb: place for place, verb in enumerate(_VERBS)}

# What events are grouped by.
By = Literal["key", "invocation"]


# In place of the number of a key, where several are asked for.
_SEVERAL: Final = 2**32 - 1


class _More(NamedTuple):
    """What few events have: the error; the keys that were asked for, if several, and those found, as runs."""

    error: str | None
    namespace: str
    code: Any
    asked: "array[int] | None" = None
    found: "array[int] | None" = None


class Names(list[str]):
    """Keys by number, each once: a request makes the text of a key anew each time that it asks for it.

    Keys that come one after the other have numbers in a row, so that those of a page are a few runs of
    numbers: the first, and how many.
    """

    def __init__(self) -> None:
        super().__init__()
        self.numbers = dict[str, int]()

    def number(self, name: str) -> int:
        """The number of a key, which gets one when it has none."""
        number = self.numbers.setdefault(name, len(self))
        if number == len(self):
            self.append(name)
        return number

    def runs(self, names: Iterable[str]) -> "array[int]":
        """Runs from which `of` gives the same keys."""
        every, runs, after, place = list(names), array("I"), -1, 0
        while place < len(every):
            number = self.number(every[place])
            # The rest of a page is often one run: half as much is tried as long as it is none.
            count = min(len(every) - place, len(self) - number)
            while count > 1 and self[number : number + count] != every[place : place + count]:
                count //= 2
            if number == after:
                runs[-1] += count
            else:
                runs.extend((number, count))
            after = number + count
            place += count
        return runs

    def of(self, runs: "array[int]") -> tuple[str, ...]:
        """The keys from which `runs` made these."""
        pieces = (self[first : first + count] for first, count in zip(runs[::2], runs[1::2], strict=True))
        return tuple(chain.from_iterable(pieces))


class _Columns:
    """What is known of each event; what few have, by its place."""

    def __init__(self, names: Names) -> None:
        self.names, self.invocations = names, Names()
        self.at, self.verb = array("q"), bytearray()
        self.key, self.invocation = array("I"), array("I")
        self.entry = list[Entry | None]()
        self.more = dict[int, _More]()
        # Many are refused in the same words.
        self.same = dict[_More, _More]()


class Log(MutableSequence[Event]):
    """A list of events in a fifth of the memory, or less; each event is put together when it is asked for.

    Events are appended, and not changed. A slice is a view: it has the same columns. Logs that are made with
    the same ``names`` keep each key once. (322 and 62 bytes an event, of 100,000 events at 25,000 keys.)
    """

    def __init__(
        self,
        names: Names | None = None,
        columns: _Columns | None = None,
        places: Sequence[int] | None = None,
    ) -> None:
        self._columns = columns or _Columns(Names() if names is None else names)
        self._places = places  # None for all, also those to come

    def append(self, value: Event) -> None:
        columns = self._columns
        names = columns.names
        several = _asks_for_several(value)
        if several or value.found:
            asked = names.runs(value.keys) if several else None
            found = names.runs(value.found) if value.found else None
            more = _More(value.error, value.namespace, value.code, asked, found)
            columns.more[len(columns.at)] = more
        elif value.error is not None or value.namespace:
            more = _More(value.error, value.namespace, value.code)
            columns.more[len(columns.at)] = columns.same.setdefault(more, more)
        columns.at.append(value.at)
        columns.verb.append(_VERB_OF[value.verb])
        columns.key.append(_SEVERAL if several else names.number(value.key))
        columns.invocation.append(columns.invocations.number(value.invocation))
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
        names, number, more = columns.names, columns.key[place], columns.more.get(place)
        event = Event(
            place,
            columns.at[place],
            columns.invocations[columns.invocation[place]],
            _VERBS[columns.verb[place]],
            "" if number == _SEVERAL else names[number],
            columns.entry[place],
        )
        if more is not None:
            event.error, event.namespace, event.code = more.error, more.namespace, more.code
            if more.asked is not None:
                event.key = ",".join(names.of(more.asked))
            if more.found is not None:
                event.found = names.of(more.found)
        return event

    def grouped(self, by: By) -> "Mapping[str, Sequence[Event]]":
        """As `grouped` does it."""
        columns = self._columns
        places: Iterable[int] = range(len(self)) if self._places is None else self._places
        if by == "invocation":
            return _Groups(columns, columns.invocation, columns.invocations, places)
        one_key = (place for place in places if columns.key[place] != _SEVERAL)
        return _Groups(columns, columns.key, columns.names, one_key)

    def __setitem__(self, index: Any, value: Any) -> NoReturn:
        raise TypeError("what has happened is not changed")

    def __delitem__(self, index: Any) -> NoReturn:
        raise TypeError("what has happened is not changed")

    def insert(self, index: int, value: Event) -> NoReturn:
        raise TypeError("what has happened is not changed")


class _Groups(Mapping[str, Sequence[Event]]):
    """Places in the order of one column of numbers, and where those of each number begin: four bytes each."""

    def __init__(self, columns: _Columns, column: "array[int]", names: Names, places: Iterable[int]) -> None:
        self._columns, self._names = columns, names
        self._places = array("I", sorted(places, key=column.__getitem__))
        counts = array("I", bytes(4 * (len(names) + 1)))
        for place in self._places:
            counts[column[place] + 1] += 1
        self._starts = array("I", accumulate(counts))

    def __getitem__(self, name: str) -> Sequence[Event]:
        """Empty for a name that has none."""
        number, starts = self._names.numbers.get(name), self._starts
        if number is None or number + 1 >= len(starts) or starts[number] == starts[number + 1]:
            return ()  # it came later, or is another column's
        return Log(columns=self._columns, places=self._places[starts[number] : starts[number + 1]])

    def get(self, name: str, default: Any = None) -> Sequence[Event]:
        """As `__getitem__`, and sooner than a Mapping's."""
        return self[name]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and len(self[name]) > 0

    def __iter__(self) -> Iterator[str]:
        return (self._names[number] for number, count in enumerate(self._counts()) if count)

    def __len__(self) -> int:
        return sum(map(bool, self._counts()))

    def _counts(self) -> Iterator[int]:
        return (last - first for first, last in pairwise(self._starts))


class _Lists(dict[str, list[Event]]):
    """What has none is not kept."""

    def __missing__(self, name: str) -> list[Event]:
        return []


def _asks_for_several(event: Event) -> bool:
    return event.verb == "get_many" and "," in event.key


def grouped(events: Sequence[Event], by: By) -> Mapping[str, Sequence[Event]]:
    """The events of each key, or of each invocation, in order; for any other name there are none.

    A request for several keys at once is in no key's group.
    """
    if isinstance(events, Log):
        return events.grouped(by)
    found, name = _Lists(), attrgetter(by)
    for event in events:
        if by == "invocation" or not _asks_for_several(event):
            found.setdefault(name(event), []).append(event)
    return found
