"""Many entries in little memory: keys by number, each once, and states of a namespace as numbers of entries.

As Python has them, a key and its entry take some 400 bytes. As soon as there are `MANY` entries, their values
are in a temporary file, and 20 bytes of each in memory. A copy of a table takes nine bytes a key.
"""

import os
from array import array
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from tempfile import TemporaryFile
from typing import Any, Final
from weakref import finalize

from kvstore.store import Entry, KeyInfo
from kvstore.stores.names import LATELY, MANY, Names

# Bytes of values that are kept until they are written to the file at once.
_UNWRITTEN: Final = 2**20
_FOR_EVER: Final = 2**62


class Values:
    """Entries by number, from 1 on; 0 is none. ``kept`` are the entries themselves, none from ``most`` on."""

    def __init__(self, most: int = MANY) -> None:
        self.kept: list[Entry | None] = [None]
        self._most = most
        # What takes their place: a file of values, of which the latest are not yet written.
        self._file: int | None = None
        self._written, self._latest = 0, bytearray()
        self._starts, self._expirations = array("Q", [0, 0]), array("q", [_FOR_EVER])
        self._metadata = dict[int, str]()
        # Numbers of entries that were seen lately: a put is told of several times, and what is read is put.
        self._lately = dict[Entry, int]()
        self._latest_read: tuple[int, Entry | None] = 0, None

    def number(self, entry: Entry | None) -> int:
        """The number of an entry, which gets one unless it was seen lately."""
        if entry is None:
            return 0
        number = self._lately.get(entry)
        if number is None:
            number = len(self)
            if self._file is not None:
                self._append(entry)
            else:
                self.kept.append(entry)
                if number + 1 >= self._most:
                    self._write_all()
            if len(self._lately) >= LATELY or len(entry.value) >= _UNWRITTEN:
                self._lately.clear()
            self._lately[entry] = number
        return number

    def __len__(self) -> int:
        return len(self.kept) or len(self._expirations)

    def _write_all(self) -> None:
        entries, self.kept = self.kept, []
        with TemporaryFile() as file:
            self._file = os.dup(file.fileno())
        finalize(self, os.close, self._file)
        for entry in entries:
            if entry is not None:
                self._append(entry)

    def _append(self, entry: Entry) -> None:
        if entry.metadata is not None:
            self._metadata[len(self._expirations)] = entry.metadata
        self._latest += entry.value
        self._starts.append(self._starts[-1] + len(entry.value))
        self._expirations.append(_FOR_EVER if entry.expiration is None else entry.expiration)
        if len(self._latest) >= _UNWRITTEN and self._file is not None:
            rest = memoryview(self._latest)
            while rest:
                rest = rest[os.write(self._file, rest) :]
            self._written, self._latest = self._starts[-1], bytearray()

    def __getitem__(self, number: int) -> Entry | None:
        if self.kept:
            return self.kept[number]
        read, entry = self._latest_read
        if number != read:
            entry = self._read(number)
            self._latest_read = number, entry
        return entry

    def _read(self, number: int) -> Entry | None:
        if not number or self._file is None:
            return None
        start, end = self._starts[number], self._starts[number + 1]
        if start < self._written:
            value = os.pread(self._file, end - start, start)
        else:
            value = bytes(self._latest[start - self._written : end - self._written])
        return Entry(value, *self.about(number))

    def about(self, number: int) -> tuple[int | None, str | None]:
        """When an entry expires, and its metadata."""
        if self.kept:
            entry = self.kept[number]
            return (None, None) if entry is None else (entry.expiration, entry.metadata)
        expiration = self._expirations[number]
        return None if expiration == _FOR_EVER else expiration, self._metadata.get(number)


class Table(MutableMapping[str, Entry]):
    """Entries by key, in the order of a dict. Copies share names and values, and nothing else.

    ``most`` is how many of each are kept as Python has them.
    """

    def __init__(
        self,
        entries: Iterable[tuple[str, Entry]] = (),
        like: "Table | None" = None,
        most: int = MANY,
    ) -> None:
        self.names: Names = Names(most) if like is None else like.names
        self.values_of: Values = Values(most) if like is None else like.values_of
        # The number of each name's entry; and the names' numbers in their order, with those that are gone.
        self._at, self._order = array("I"), array("I")
        # Which names ever had one, and where in the order those are that were gone and came again.
        self._ever, self._again = bytearray(), dict[int, int]()
        self._count = 0
        for key, entry in entries:
            self[key] = entry

    def copy(self) -> "Table":
        twin = Table(like=self)
        twin._at, twin._order, twin._count = self._at[:], self._order[:], self._count
        twin._ever, twin._again = self._ever[:], dict(self._again)
        return twin

    def in_order(self, keys: Iterable[str]) -> "Table":
        """A copy with all of its ``keys`` in the order that they are given in."""
        twin, find = self.copy(), self.names.find
        twin._order, twin._again = array("I", map(find, keys)), {}
        return twin

    def alive(self, at: float) -> "Table":
        """A copy without what has expired ``at`` a moment (ms)."""
        twin, about = self.copy(), self.values_of.about
        for number in self.numbers():
            expiration = about(self._at[number])[0]
            if expiration is not None and expiration * 1000 <= at:
                twin._at[number] = 0
                twin._count -= 1
        return twin

    def __reduce__(self) -> tuple[type["Table"], tuple[list[tuple[str, Entry]]]]:
        return Table, (list(self.items()),)

    def numbers(self) -> Iterator[int]:
        """The numbers of the keys, in order."""
        at, again = self._at, self._again
        if not again:
            return filter(at.__getitem__, self._order)
        return (
            number
            for place, number in enumerate(self._order)
            if at[number] and again.get(number, place) == place
        )

    def _entry(self, key: str) -> int:
        number = self.names.find(key)
        return self._at[number] if 0 <= number < len(self._at) else 0

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self._entry(key) > 0

    def __getitem__(self, key: str) -> Entry:
        entry = self.values_of[self._entry(key)]
        if entry is None:
            raise KeyError(key)
        return entry

    def get(self, key: str, default: Any = None) -> Any:
        entry = self.values_of[self._entry(key)]
        return default if entry is None else entry

    def __setitem__(self, key: str, entry: Entry) -> None:
        self.store(self.names.number(key), self.values_of.number(entry))

    def __delitem__(self, key: str) -> None:
        if not self._entry(key):
            raise KeyError(key)
        self.store(self.names.find(key), 0)

    def store(self, number: int, entry: int) -> None:
        """Put the entry of one number at the key of another; 0 is none."""
        at = self._at
        if number >= len(at):
            more = len(self.names) - len(at)
            at.frombytes(bytes(4 * more))
            self._ever += bytes(more)
        was = at[number]
        at[number] = entry
        if entry and not was:
            self._count += 1
            if self._ever[number]:
                self._again[number] = len(self._order)
            self._ever[number] = 1
            self._order.append(number)
        elif was and not entry:
            self._count -= 1

    def __iter__(self) -> Iterator[str]:
        return self.names.each(self.numbers())

    def under(self, prefix: str) -> Iterator[str]:
        """The keys that begin with ``prefix``."""
        return self.names.each(filter(self.names.begin((prefix,)).__getitem__, self.numbers()))

    def __len__(self) -> int:
        return self._count

    def about(self, keys: Iterable[str]) -> list[KeyInfo]:
        """What a listing shows of keys that are there."""
        at, find, about = self._at, self.names.find, self.values_of.about
        # Without the call in Python that it is by its name.
        return [tuple.__new__(KeyInfo, (key, *about(at[find(key)]))) for key in keys]


def table_of(entries: Mapping[str, Entry]) -> Table:
    """A table with these entries, in their order."""
    return entries if isinstance(entries, Table) else Table(entries.items())


def copied(entries: Mapping[str, Entry]) -> MutableMapping[str, Entry]:
    """A copy to change: of a table one that shares its entries."""
    return entries.copy() if isinstance(entries, Table) else dict(entries)


def alive_at(entries: Mapping[str, Entry], moment: float) -> Mapping[str, Entry]:
    """Those that have not expired at a moment (ms)."""
    if isinstance(entries, Table):
        return entries.alive(moment)
    return {
        key: entry
        for key, entry in entries.items()
        if entry.expiration is None or entry.expiration * 1000 > moment
    }


def under(entries: Mapping[str, Entry], prefix: str) -> Iterator[str]:
    """The keys of entries that begin with ``prefix``, in their order."""
    if isinstance(entries, Table):
        return entries.under(prefix)
    return (key for key in entries if key.startswith(prefix))
