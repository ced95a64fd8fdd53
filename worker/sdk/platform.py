"""Where the time and the chance of a Worker come from: on the platform they are the runtime's to give."""

import sys
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

PLATFORM = "__understudy_platform__"
"""The name among the builtins of a Worker's modules by which its platform is found."""


def platform_of(kind: object) -> Platform | None:
    """The platform of the Worker that has the class ``kind``; None for a class of somebody else."""
    module = sys.modules.get(getattr(kind, "__module__", None) or "")
    found = getattr(module, "__builtins__", None)
    return found.get(PLATFORM) if isinstance(found, dict) else None
