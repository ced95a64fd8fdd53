"""Promises of storage operations: settled when they are made, so that awaiting one lets no other event in.

That is what the platform's input gate brings about: while a storage operation is under way, an object is
given nothing but its result.
"""

from collections.abc import Callable, Generator
from typing import Any


class Settled:
    """``value`` once awaited. ``before`` runs first: what was written until here is then committed."""

    def __init__(self, value: Any, before: Callable[[], None]) -> None:
        self.value = value
        self._before = before

    def __await__(self) -> Generator[Any, None, Any]:
        self._before()
        return self.value
        yield  # unreachable: it makes this a generator that never suspends
