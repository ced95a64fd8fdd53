"""The machine as a Worker sees it: on the platform, time and chance are the runtime's to give.

workerd answers Date.now and getRandomValues itself. Here the modules ``time``, ``secrets`` and ``random``
that a Worker imports are such answers: they ask the Clock and the Entropy that it was loaded with.
"""

import random
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from kvstore.clock import Clock, SystemClock
from kvstore.entropy import Entropy, SystemEntropy


@dataclass(frozen=True)
class Platform:
    """Where a Worker's time and chance come from; by default the machine."""

    clock: Clock = field(default_factory=SystemClock)
    entropy: Entropy = field(default_factory=SystemEntropy)

    @property
    def is_the_machine(self) -> bool:
        return isinstance(self.clock, SystemClock) and isinstance(self.entropy, SystemEntropy)

    @contextmanager
    def importing(self) -> Iterator[None]:
        """While the block lasts, importing ``time``, ``secrets`` or ``random`` gives this platform's."""
        if self.is_the_machine:
            yield
            return
        replaced = {name: sys.modules[name] for name in ("time", "secrets", "random")}
        sys.modules.update(self._modules())
        try:
            yield
        finally:
            sys.modules.update(replaced)

    def _modules(self) -> dict[str, ModuleType]:
        chance = _Chance(self.entropy)
        return {
            "time": _like(
                time,
                time=lambda: self.clock.now_ms() / 1000,
                time_ns=lambda: self.clock.now_ms() * 1_000_000,
                monotonic=lambda: self.clock.now_ms() / 1000,
                perf_counter=lambda: self.clock.now_ms() / 1000,
            ),
            "secrets": _like(
                secrets,
                choice=chance.choice,
                randbelow=self.entropy.below,
                token_bytes=lambda size=32: self.entropy.token(size),
                token_hex=lambda size=32: self.entropy.token(size).hex(),
            ),
            "random": _like(
                random,
                random=chance.random,
                choice=chance.choice,
                randint=chance.randint,
                randrange=chance.randrange,
                uniform=chance.uniform,
                shuffle=chance.shuffle,
            ),
        }


def _like(original: ModuleType, **replaced: Any) -> ModuleType:
    """A module with everything that ``original`` has, except what is replaced."""
    module = ModuleType(original.__name__, original.__doc__)
    vars(module).update({**vars(original), **replaced})
    return module


class _Chance(random.Random):
    """Python's methods over an Entropy."""

    def __init__(self, entropy: Entropy) -> None:
        self._entropy = entropy
        super().__init__(0)

    def random(self) -> float:
        return self._entropy.below(1 << 53) / (1 << 53)

    def getrandbits(self, bits: int, /) -> int:
        return self._entropy.below(1 << bits)
