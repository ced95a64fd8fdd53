"""Where the time and the chance of a Worker come from: on the platform they are the runtime's to give."""

from dataclasses import dataclass, field
from functools import cached_property

from kvstore.clock import Clock, SystemClock
from kvstore.entropy import Entropy, SystemEntropy


@dataclass(frozen=True)
class Platform:
    """What a Worker runs on; by default this machine.

    ``allowed`` are those of `ESCAPES` that it may do although the platform refuses them.
    """

    clock: Clock = field(default_factory=SystemClock)
    entropy: Entropy = field(default_factory=SystemEntropy)
    allowed: frozenset[str] = frozenset()

    @cached_property
    def is_the_machine(self) -> bool:
        return isinstance(self.clock, SystemClock) and isinstance(self.entropy, SystemEntropy)


ESCAPES = ("threads", "sockets", "processes", "entropy")
"""What the platform refuses to a Worker; entropy is chance while it is imported."""

MACHINE = Platform()
