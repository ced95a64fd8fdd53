"""What surrounds the code that runs: one context variable, so that invocations never see each other's."""

import sys
from contextvars import ContextVar, Token
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

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


ESCAPES = ("threads", "sockets", "processes", "entropy", "functions")
"""What the platform refuses to a Worker; entropy is chance while it is imported, functions are those such as
``on_fetch`` as handlers, where its compatibility date wants a class.
"""

MACHINE = Platform()

PLATFORM = "__understudy_platform__"
"""The name among the builtins of a Worker's modules by which its platform is found."""


def platform_of(kind: object) -> Platform | None:
    """The platform of the Worker that has the class ``kind``; None for a class of somebody else."""
    module = sys.modules.get(getattr(kind, "__module__", None) or "")
    found = getattr(module, "__builtins__", None)
    return found.get(PLATFORM) if isinstance(found, dict) else None


class Surroundings:
    """What is current inside of its ``with`` block: in one variable, since every invocation sets it.

    ``environment`` is None outside any Worker, ``invocation`` while one is imported. ``outbound`` answers
    the requests that leave, None for the network; ``platform`` gives time and chance.
    """

    __slots__ = ("_token", "environment", "invocation", "outbound", "platform")

    def __init__(self, environment: Any, invocation: Any, outbound: Any, platform: Platform) -> None:
        self.environment = environment
        self.invocation = invocation
        self.outbound = outbound
        self.platform = platform

    def __enter__(self) -> None:
        self._token: Token[Surroundings] = _surroundings.set(self)

    def __exit__(self, *_: object) -> None:
        _surroundings.reset(self._token)


_NOWHERE: Final = Surroundings(None, None, None, MACHINE)
_surroundings: ContextVar[Surroundings] = ContextVar("surroundings", default=_NOWHERE)
surroundings: Final = _surroundings.get


def current_platform() -> Platform:
    """Where the time and the chance of what runs now come from."""
    return _surroundings.get().platform
