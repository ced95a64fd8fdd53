"""Chance comes from here and from nowhere else."""

import random
from os import urandom  # taken now: a Worker's runtime puts its own into `os`
from typing import Protocol


class Entropy(Protocol):
    """Where random bytes and choices come from."""

    def token(self, size: int) -> bytes:
        """``size`` random bytes."""
        ...

    def below(self, limit: int) -> int:
        """A whole number from 0 up to, and without, ``limit``."""
        ...


class SystemEntropy:
    """The machine's chance."""

    def token(self, size: int) -> bytes:
        return urandom(size)

    def below(self, limit: int) -> int:
        return random.SystemRandom().randrange(limit)


class SeededEntropy:
    """The same seed gives the same bytes and numbers, in the same order, on every machine."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def token(self, size: int) -> bytes:
        return self._random.randbytes(size)

    def below(self, limit: int) -> int:
        return self._random.randrange(limit)
