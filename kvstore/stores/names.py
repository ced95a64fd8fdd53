"""Many keys in little memory: each once, by number.

As Python has them, a key and its number take some 180 bytes. As soon as there are `MANY`, their texts are one
buffer, some 20 bytes a key beside its text.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, Final, overload
from weakref import proxy

# As many keys, and as many entries, are kept as Python has them, which is sooner.
MANY: Final = 800_000
# How many names and entries that were seen last are known by what they are.
LATELY: Final = 4096
# What ends a name in the buffer: a byte that UTF-8 does not have.
_END: Final = b"\xff"
_HASH: Final = 2**32 - 1
# Names are read in blocks of so many where they are read in order, and so many blocks are kept meanwhile.
_BLOCK: Final = 1024
_BLOCKS: Final = 16


class Names(Sequence[str]):
    """Texts by number, each once: a request makes the text of a key anew whenever it asks for it.

    Keys that come one after the other have numbers in a row, so that those of a page are a few runs of
    numbers: the first, and how many. ``kept`` are the names themselves, empty from ``most`` on.
    """

    def __init__(self, most: int = MANY) -> None:
        self.kept = list[str]()
        self._most = most
        # The numbers of all names, and from ``most`` on of those that were looked for lately.
        self._numbers = _Numbers(proxy(self))
        #: The number of a name, -1 when it has none. Most are found without a call in Python.
        self.find: Callable[[str], int] = self._numbers.__getitem__
        # What takes their place: texts one after the other, where each ends, and slots, where the search for
        # a name begins at its hash: a number and one, 0 for nothing.
        self._text, self._ends = bytearray(), array("Q", [0])
        self._hashes, self._slots = array("I"), array("I")
        # Which names begin with what was asked for.
        self._flags = dict[tuple[str, ...], bytearray]()

    def number(self, name: str) -> int:
        """The number of a name, which gets one when it has none."""
        number = self.find(name)
        if number < 0:
            number = len(self)
            if self._slots:
                self._append(name)
            else:
                self.kept.append(name)
                self._numbers[name] = number
                if number + 1 == self._most:
                    self._pack()
        return number

    def _pack(self) -> None:
        """Put what is kept into the buffer."""
        names, self.kept = self.kept, []
        self._numbers.clear()
        self._slots = array("I", bytes(4 * 64))
        for name in names:
            self._append(name)

    def _append(self, name: str) -> None:
        self._text += _bytes(name) + _END
        self._ends.append(len(self._text))
        self._hashes.append(hash(name) & _HASH)
        if 3 * len(self._hashes) <= 2 * len(self._slots):
            self._place(len(self._hashes), self._hashes[-1])
        else:
            self._slots = array("I", bytes(8 * len(self._slots)))
            for number, code in enumerate(self._hashes, 1):
                self._place(number, code)

    def _place(self, number: int, code: int) -> None:
        slots, last = self._slots, len(self._slots) - 1
        place = code & last
        while slots[place]:
            place = (place + 1) & last
        slots[place] = number

    def search(self, name: str) -> int:
        """The number of a name that is not known from lately, -1 when it has none."""
        if not self._slots:
            return -1
        slots, hashes, code = self._slots, self._hashes, hash(name) & _HASH
        last = len(slots) - 1
        place = code & last
        while found := slots[place]:
            if hashes[found - 1] == code:
                ends = self._ends
                if self._text[ends[found - 1] : ends[found] - 1] == _bytes(name):
                    if len(self._numbers) == LATELY:
                        self._numbers.clear()
                    self._numbers[name] = found - 1
                    return found - 1
            place = (place + 1) & last
        return -1

    def begin(self, prefixes: tuple[str, ...]) -> bytearray:
        """For each name, by its number, whether it begins with one of the ``prefixes``."""
        flags = self._flags.setdefault(prefixes, bytearray())
        missing = range(len(flags), len(self))
        if missing:
            flags += bytes([name.startswith(prefixes) for name in self.each(missing)])
        return flags

    def __len__(self) -> int:
        return len(self.kept) or len(self._hashes)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        """A slice has no step."""
        if self.kept:
            return self.kept[index]
        ends = self._ends
        if not isinstance(index, slice):
            return self._text[ends[index] : ends[index + 1] - 1].decode("utf-8", "surrogatepass")
        first, last, _ = index.indices(len(self))
        if first >= last:
            return []
        text = bytes(self._text[ends[first] : ends[last] - 1])
        return [name.decode("utf-8", "surrogatepass") for name in text.split(_END)]

    def runs(self, names: Iterable[str]) -> "array[int]":
        """Runs from which `of` gives the same names."""
        every, runs, after, place = list(names), array("I"), -1, 0
        while place < len(every):
            number, count = self.number(every[place]), 1
            known = self.kept or self
            # The rest of a page is often one run: twice as much is tried as long as it is one.
            while count:
                if number == after:
                    runs[-1] += count
                else:
                    runs.extend((number, count))
                number, place, after = number + count, place + count, number + count
                count = min(2 * count, len(every) - place)
                while count and known[number : number + count] != every[place : place + count]:
                    count //= 2
        return runs

    def of(self, runs: "array[int]") -> tuple[str, ...]:
        """The names from which `runs` made these."""
        pieces = (self[first : first + count] for first, count in zip(runs[::2], runs[1::2], strict=True))
        return tuple(chain.from_iterable(pieces))

    def each(self, numbers: Iterable[int]) -> Iterator[str]:
        """The names that have the numbers: sooner than one by one."""
        return map(self.kept.__getitem__, numbers) if self.kept else self._in_blocks(numbers)

    def _in_blocks(self, numbers: Iterable[int]) -> Iterator[str]:
        blocks = dict[int, list[str]]()
        for number in numbers:
            block, place = divmod(number, _BLOCK)
            if block not in blocks:
                if len(blocks) == _BLOCKS:
                    blocks.clear()
                blocks[block] = self[block * _BLOCK : (block + 1) * _BLOCK]
            yield blocks[block][place]


class _Numbers(dict[str, int]):
    """Numbers by name: what is not among them is searched for."""

    def __init__(self, names: Names) -> None:
        self._names = names

    def __missing__(self, name: str) -> int:
        return self._names.search(name)


class SomeNames(Sequence[str]):
    """Some of the names, in an order of their own: four bytes each."""

    def __init__(self, names: Names, numbers: "array[int]") -> None:
        self._names, self._numbers = names, numbers

    def __len__(self) -> int:
        return len(self._numbers)

    def __iter__(self) -> Iterator[str]:
        return self._names.each(self._numbers)

    def __getitem__(self, index: Any) -> Any:
        chosen = self._numbers[index]
        return SomeNames(self._names, chosen) if isinstance(index, slice) else self._names[chosen]

    def under(self, prefix: str) -> "SomeNames":
        """Those that begin with ``prefix``."""
        begins = self._names.begin((prefix,))
        return SomeNames(self._names, array("I", filter(begins.__getitem__, self._numbers)))


def _bytes(name: str) -> bytes:
    return name.encode("utf-8", "surrogatepass")
