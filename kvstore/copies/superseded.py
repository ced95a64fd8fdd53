"""Keys that a file has more than once: of these the last item counts, as for ``wrangler kv bulk put``."""

from collections.abc import Callable, Iterable
from typing import Final

# Bits in which keys leave their marks, for each byte of the file and at most: 128 MiB of memory.
_LEAST: Final = 1 << 16
_MOST: Final = 1 << 30


def last_items(keys: Callable[[], Iterable[str]], size: int) -> dict[str, list[int]]:
    """Where the items of each key are that is there more than once, by their numbers; the last one counts.

    ``keys`` reads all of them, in their order, and is called twice where two leave the same mark; ``size`` is
    how much there is to read, in bytes. Memory is for marks, and for keys that may be there more than once.
    """
    bits = min(_MOST, max(_LEAST, 1 << size.bit_length()))
    marks, suspects = bytearray(bits // 8), set[int]()
    for key in keys():
        mark = hash(key) % bits
        if marks[mark >> 3] >> (mark & 7) & 1:
            suspects.add(mark)
        marks[mark >> 3] |= 1 << (mark & 7)
    if not suspects:
        return {}
    found: dict[str, list[int]] = {}
    for number, key in enumerate(keys()):
        if hash(key) % bits in suspects:
            found.setdefault(key, []).append(number)
    return {key: numbers for key, numbers in found.items() if len(numbers) > 1}
