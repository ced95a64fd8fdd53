"""What surrounds the code that runs: one context variable, so that invocations never see each other's."""

from contextvars import ContextVar, Token
from typing import Any, Final

from worker.sdk.platform import MACHINE, Platform


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
