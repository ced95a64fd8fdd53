"""Strict mode: what only production refuses or does, so that code which relies on local kindness fails here.

A listing's cursor must be one that was issued, for the same prefix; its pages may be short, or empty, before
the listing is complete. Sources: the product's page "List keys" (keys that were deleted or have expired still
take their place in the index), and a report of ``invalid cursor`` (miantiao-me/Sink#90).
"""

from typing import Final

from kvstore.binding.namespace import KVNamespace
from kvstore.entropy import Entropy, SystemEntropy
from kvstore.limits import LIMITS, Limits
from kvstore.storage.cursor import Place, SealedCursors, encode_cursor
from kvstore.storage.storage import Listing, Storage
from kvstore.store import Store

# How often pages are not full is not documented. Of four pages, on average, one is empty and one is short.
_KINDS: Final = 4
_EMPTY: Final = 0
_SHORT: Final = 1


class StrictStorage(Storage):
    """The storage layer with production's listings; everything else is as `Storage` has it.

    Never two empty pages in a row, so that following cursors always ends: every key that is there throughout
    is returned exactly once. The same ``entropy``, the machine's by default, and calls give the same pages.
    """

    def __init__(
        self, store: Store, limits: Limits = LIMITS, entropy: Entropy | None = None, *, bound: bool = False
    ) -> None:
        super().__init__(store, limits, bound=bound)
        self._entropy = entropy or SystemEntropy()
        self._cursors = SealedCursors(self._entropy.token(32))

    async def list(self, prefix: str = "", cursor: str | None = None, limit: int | None = None) -> Listing:
        """As `Storage.list`; KVError (400, ``invalid cursor``) for "" or a foreign cursor, None for none."""
        self.check_list(prefix, limit)
        place = Place() if cursor is None else self._cursors.read(cursor, prefix)
        size = limit or self.limits.list_keys
        kind = self._entropy.below(_KINDS)
        if kind == _EMPTY and not place.empty:
            return Listing([], self._cursors.issue(Place(place.after, empty=True), prefix))
        if kind == _SHORT:
            size = 1 + self._entropy.below(size)
        page = await super().list(prefix, encode_cursor(place.after) if place.after else None, size)
        follows = page.cursor is not None
        return Listing(page.keys, self._cursors.issue(Place(page.keys[-1].name), prefix) if follows else None)


class StrictNamespace(KVNamespace):
    """The binding over StrictStorage; ``entropy`` chooses which pages are short, the machine's by default."""

    def __init__(self, store: Store, entropy: Entropy | None = None, limits: Limits = LIMITS) -> None:
        super().__init__(store, limits)
        self.storage = StrictStorage(store, limits, entropy, bound=True)
