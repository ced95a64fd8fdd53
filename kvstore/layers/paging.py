"""Paging: a layer with smaller pages than the product's, so that a few keys fill more than one."""

from collections.abc import Coroutine
from typing import Any

from kvstore.layers.layer import Layer
from kvstore.store import Page, Store


class Paging(Layer):
    """A store around ``store`` whose listings have at most ``size`` keys (from 1) a page.

    ``empty`` says whether the first page has none, and is not the last: KV's may be like that.
    """

    def __init__(self, store: Store, size: int, empty: bool = False) -> None:
        super().__init__(store)
        self.size = size
        self.empty = empty

    def scan(
        self, prefix: str = "", after: str | None = None, limit: int = 1000
    ) -> Coroutine[Any, Any, Page]:
        """A page, but no more than ``size`` of it."""
        if self.empty and after is None:
            return _empty_page()
        return self.store.scan(prefix, after, min(limit, self.size))


async def _empty_page() -> Page:
    return Page([], complete=False)
