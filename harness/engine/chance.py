"""Chance by name: what happens to one is the same, whatever happens to the others.

Drawing numbers one after another would make every later draw depend on every earlier one; to leave out one
task or one fault would change everything. Here a draw depends on the seed, the name it is drawn for, and how
often that name has drawn before: nothing else.
"""

from hashlib import blake2b
from typing import Final

# As a global name it is found sooner than as a member of a type.
_whole: Final = int.from_bytes


class Once:
    """A whole number of 64 bits for each name, always the same; all names begin with ``prefix``."""

    __slots__ = ("_begun",)

    def __init__(self, seed: int, prefix: str) -> None:
        self._begun = blake2b(f"{seed}/{prefix}".encode(), digest_size=8)

    def number(self, rest: str) -> int:
        """The number of the name that ends in ``rest``."""
        digest = self._begun.copy()  # costs less than to begin anew
        digest.update(rest.encode())
        return _whole(digest.digest(), "big")


class Chance:
    """An Entropy for ``name``. The same on every machine and every version of Python."""

    __slots__ = ("_begun", "_drawn")

    def __init__(self, seed: int, name: str = "") -> None:
        key = blake2b(f"{seed}/{name}".encode(), digest_size=32).digest()
        self._begun = blake2b(key=key, digest_size=8)
        self._drawn = 0

    def number(self) -> int:
        """A whole number of 64 bits."""
        self._drawn += 1
        digest = self._begun.copy()
        digest.update(self._drawn.to_bytes(8, "big"))
        return _whole(digest.digest(), "big")

    def below(self, limit: int) -> int:
        """A whole number from 0 up to, and without, ``limit``."""
        return self.number() * limit >> 64

    def between(self, least: int, most: int) -> int:
        """A whole number from ``least`` to ``most``, both included."""
        return least + self.below(most - least + 1)

    def token(self, size: int) -> bytes:
        """``size`` random bytes."""
        return b"".join(self.number().to_bytes(8, "big") for _ in range(-(-size // 8)))[:size]

    def happens(self, per_mille: int) -> bool:
        """Whether something does that happens ``per_mille`` times in a thousand."""
        return self.below(1000) < per_mille
