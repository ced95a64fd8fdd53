"""Here: a layer that hands on to what is seen from the location of whoever asks."""

from collections.abc import Callable
from typing import Any

from kvstore.layers.layer import Around, Operation, T
from kvstore.store import Store, Verb


class FromHere(Around):
    """``store`` as many locations see it: ``here`` gives what is seen from that of the one who asks."""

    def __init__(self, store: Store, here: Callable[[], Store]) -> None:
        super().__init__(store)
        self._here = here

    async def _around(self, verb: Verb, key: str, operation: Operation[T], *arguments: Any) -> T:
        found: T = await getattr(self._here(), verb)(*arguments)
        return found
