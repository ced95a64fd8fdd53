"""Interruptions: somebody does something whole in the midst of another's request, before one of its
operations.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from kvstore import Store
from kvstore.layers.invocation import Invocations
from kvstore.layers.layer import Around, Operation, T
from kvstore.store import Verb

_FORM = re.compile(r"([A-Za-z_]\w*)(?:\[(\d+)\])?@([^:@]+):([1-9]\d*)")


@dataclass(frozen=True, slots=True)
class Interruption:
    """``act`` is the declared function, done to the entry at place ``which``, before ``operation`` of
    ``request``.
    """

    act: str
    which: int
    request: str
    operation: int

    def __str__(self) -> str:
        which = f"[{self.which}]" if self.which else ""
        return f"{self.act}{which}@{self.request}:{self.operation}"


def read_interruption(text: str) -> Interruption:
    """An interruption from its own text. Raises ValueError with what is wrong."""
    parts = _FORM.fullmatch(text)
    if parts is None:
        raise ValueError(
            f"{text!r} is not an interruption: it takes FUNCTION@REQUEST:N, such as remove@operator.2:7, "
            "where N counts KV operations from 1; FUNCTION[2] is done to the third entry"
        )
    act, which, request, operation = parts.groups()
    return Interruption(act, int(which or 0), request, int(operation))


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
        return _Interrupted(store, self) if self._planned else store

    async def before(self) -> None:
        """The next operation of the invocation that runs is about to be asked for."""
        asks = self.invocations.current()
        place = asks.name, asks.operations + 1
        for one in [one for one in self._planned if (one.request, one.operation) == place]:
            self._planned.remove(one)
            if await self._let(one):
                self.happened.append(str(one))


class _Interrupted(Around):
    def __init__(self, store: Store, interruptions: Interruptions) -> None:
        super().__init__(store)
        self.interruptions = interruptions

    async def _around(self, verb: Verb, key: str, operation: Operation[T], *arguments: Any) -> T:
        await self.interruptions.before()
        return await operation(*arguments)
