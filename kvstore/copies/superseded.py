"""Keys that a file has more than once: of these the last item counts, as for ``wrangler kv bulk put``."""

from collections.abc import Callable, Iterable
from typing import Final

# How many bits keys leave their marks in: one for each byte of the file, within these bounds (128 MiB).
_LEAST: Final = 1 << 16
_MOST: Final = 1 << 30


def last_items(keys: Callable[[], Iterable[str]], size: int) -> dict[str, list[int]]:
    """The numbers of the items (from 0) of each key that comes more than once; the last item counts.

    ``keys`` reads all keys in their order, and is called again if two leave the same mark; ``size`` is how
    many bytes the file has. Memory holds the marks, and the keys that may come more than once.
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
