"""Events in columns: the record of a walk through a namespace of any size."""

import sys
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, MutableSequence, Sequence
from itertools import accumulate, pairwise
from operator import attrgetter
from typing import Any, Final, Literal, NamedTuple, NoReturn, overload

from kvstore import Entry, Event
from kvstore.layers.billing import keys_by_verb
from kvstore.store import Verb
from kvstore.stores.names import Names, SomeNames
from kvstore.stores.table import Table

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


class _Columns:
    """What is known of each event; what few have, by its place."""

    def __init__(self, table: Table) -> None:
        self.table, self.names, self.values = table, table.names, table.values_of
        self.invocations = Names(sys.maxsize)
        self.at, self.verb = array("q"), bytearray()
        self.key, self.invocation, self.entry = array("I"), array("I"), array("I")
        self.more = dict[int, _More]()
        # Many are refused in the same words.
        self.same = dict[_More, _More]()


class Log(MutableSequence[Event]):
    """A list of events in a fifth of the memory, or less; each event is put together when it is asked for.

    Events are appended, and not changed. A slice is a view: it has the same columns. Logs that are made with
    the same ``table`` keep each key once, and entries in its file.
    """

    def __init__(
        self,
        table: Table | None = None,
        columns: _Columns | None = None,
        places: Sequence[int] | None = None,
    ) -> None:
        self._columns = columns or _Columns(Table() if table is None else table)
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
        columns.entry.append(columns.values.number(value.entry))

    def clear(self) -> None:
        self._columns = _Columns(self._columns.table)

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
        return next(self._events((every[index],)))

    def __iter__(self) -> Iterator[Event]:
        return self._events(range(len(self)) if self._places is None else self._places)

    def _events(self, places: Iterable[int]) -> Iterator[Event]:
        columns = self._columns
        at, verb, key, invocation = columns.at, columns.verb, columns.key, columns.invocation
        entry, every, invocations = columns.entry, columns.more, columns.invocations.kept
        # What is in memory is found sooner without a call.
        names, values = columns.names.kept or columns.names, columns.values.kept or columns.values
        for place in places:
            number = key[place]
            event = Event(
                place,
                at[place],
                invocations[invocation[place]],
                _VERBS[verb[place]],
                "" if number == _SEVERAL else names[number],
                values[entry[place]],
            )
            more = every.get(place)
            if more is not None:
                event.error, event.namespace, event.code = more.error, more.namespace, more.code
                if more.asked is not None:
                    event.key = ",".join(columns.names.of(more.asked))
                if more.found is not None:
                    event.found = columns.names.of(more.found)
            yield event

    def chosen(self, begins: tuple[str, ...], verb: Verb | None, *, failed: bool) -> Iterator[Event]:
        """As `chosen` does it."""
        columns = self._columns
        places: Iterable[int] = range(len(self)) if self._places is None else self._places
        if begins:
            keys, flags, all_of_them = columns.key, columns.names.begin(begins), places
            places = (place for place in all_of_them if keys[place] != _SEVERAL and flags[keys[place]])
        if verb is not None:
            verbs, wanted, among = columns.verb, _VERB_OF[verb], places
            places = (place for place in among if verbs[place] == wanted)
        if failed:
            more, those = columns.more, places
            places = (place for place in those if place in more and more[place].error)
        return self._events(places)

    def counted(self) -> "Counter[Verb]":
        """As `counted` does it."""
        columns, counts = self._columns, Counter[Verb]()
        for place in range(len(self)) if self._places is None else self._places:
            several = columns.key[place] == _SEVERAL
            asked = columns.more[place].asked if several else None
            counts[_VERBS[columns.verb[place]]] += 1 if asked is None else sum(asked[1::2])
        return counts

    def grouped(self, by: By) -> "Mapping[str, Sequence[Event]]":
        """As `grouped` does it."""
        columns = self._columns
        places: Iterable[int] = range(len(self)) if self._places is None else self._places
        if by == "invocation":
            return _Groups(columns, columns.invocation, columns.invocations, places)
        one_key = (place for place in places if columns.key[place] != _SEVERAL)
        return _Groups(columns, columns.key, columns.names, one_key)

    def carry_out(self, table: Table) -> None:
        """Change ``table``, which is like that of the log, as the writes changed the store."""
        columns = self._columns
        put, delete, more = _VERB_OF["put"], _VERB_OF["delete"], columns.more
        for place in range(len(self)) if self._places is None else self._places:
            verb, entry = columns.verb[place], columns.entry[place]
            if place in more and more[place].error is not None:
                continue
            if (verb == put and entry) or verb == delete:
                table.store(columns.key[place], entry if verb == put else 0)

    def put_after(self, start: Mapping[str, Entry]) -> Sequence[str]:
        """The keys of ``start``, then the others that were put, in the order of their first puts."""
        columns = self._columns
        names, put = columns.names, _VERB_OF["put"]
        numbers = array("I", start.numbers() if isinstance(start, Table) else map(names.number, start))
        seen = bytearray(len(names))
        for number in numbers:
            seen[number] = 1
        for place in range(len(self)) if self._places is None else self._places:
            number = columns.key[place]
            if columns.verb[place] == put and not seen[number]:
                seen[number] = 1
                numbers.append(number)
        return SomeNames(names, numbers)

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
        chosen = array("I", places)
        counts = array("I", bytes(4 * (len(names) + 1)))
        for place in chosen:
            counts[column[place] + 1] += 1
        self._starts = array("I", accumulate(counts))
        # Sorted by hand: `sorted` needs some 50 bytes for each of them meanwhile.
        free, self._places = self._starts[:], chosen[:]
        for place in chosen:
            number = column[place]
            self._places[free[number]] = place
            free[number] += 1

    def __getitem__(self, name: str) -> Sequence[Event]:
        """Empty for a name that has none."""
        number, starts = self._names.find(name), self._starts
        if number < 0 or number + 1 >= len(starts) or starts[number] == starts[number + 1]:
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


def chosen(
    events: Sequence[Event], *begins: str, verb: Verb | None = None, failed: bool = False
) -> Iterator[Event]:
    """Those of the events whose one key begins like one of ``begins``; of a verb; those that failed.

    The others of a Log are not put together.
    """
    if isinstance(events, Log):
        return events.chosen(begins, verb, failed=failed)
    return (
        event
        for event in events
        if (not begins or (event.key.startswith(begins) and not _asks_for_several(event)))
        and (verb is None or event.verb == verb)
        and (event.error or not failed)
    )


def counted(events: Sequence[Event]) -> "Counter[Verb]":
    """How many keys each verb asked for. The events of a Log are not put together."""
    return events.counted() if isinstance(events, Log) else keys_by_verb(events)


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
