"""Interruptions: somebody does something whole in the midst of another's request, before one of its
operations.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from harness.engine.meeting import Deed, read_deed
from kvstore import Store
from kvstore.layers.invocation import Invocations
from kvstore.layers.layer import Preceded

_PLACE = re.compile(r"([^:@]+):([1-9]\d*)")


@dataclass(frozen=True, slots=True)
class Interruption:
    """``deed`` is done whole before ``operation`` of ``request``."""

    deed: Deed
    request: str
    operation: int

    def __str__(self) -> str:
        return f"{self.deed}@{self.request}:{self.operation}"


def read_interruption(text: str) -> Interruption:
    """An interruption from its own text. Raises ValueError with what is wrong."""
    given, _, place = text.partition("@")
    deed, parts = read_deed(given), _PLACE.fullmatch(place)
    if deed is None or parts is None:
        raise ValueError(
            f"{text!r} is not an interruption: it takes FUNCTION@REQUEST:N, such as remove@operator.2:7, "
            "where N counts KV operations from 1; FUNCTION[2] is done to the third entry"
        )
    return Interruption(deed, parts[1], int(parts[2]))


class Interruptions:
    """Lets each of ``planned`` happen at its place; ``happened`` are those that did, as texts."""

    def __init__(
        self,
        planned: Sequence[Interruption],
        invocations: Invocations,
        let: Callable[[Interruption], Awaitable[bool]],
    ) -> None:
        self.invocations = invocations
        self.happened: list[str] = []
        self._planned = list(planned)
        self._let = let

    def around(self, store: Store) -> Store:
        """``store`` with the interruptions before its operations; ``store`` itself without any."""
        return Preceded(store, self.before) if self._planned else store

    async def before(self) -> None:
        """The next operation of the invocation that runs is about to be asked for."""
        asks = self.invocations.current()
        place = asks.name, asks.operations + 1
        for one in [one for one in self._planned if (one.request, one.operation) == place]:
            self._planned.remove(one)
            if await self._let(one):
                self.happened.append(str(one))
