"""KV operations, counted before they are done."""

from typing import Any

from taskqueue.environment import KV


class BudgetSpent(Exception):
    """The step ends here, before the operation that would be one too many. The next call goes on."""


class Meter:
    """A KV that does ``budget`` operations and no more; ``reserve`` of them are kept for later.

    A bulk get counts as one operation, as the platform counts it. ``changed`` are the keys it put or deleted,
    or tried to, and ``deleted`` those of them that it deleted. Raises BudgetSpent for one too many.
    """

    def __init__(self, kv: KV, budget: int) -> None:
        self._kv = kv
        self._budget = budget
        self.used = 0
        self.reserve = 0
        self.changed: set[str] = set()
        self.deleted: set[str] = set()

    @property
    def left(self) -> int:
        return max(0, self._budget - self.reserve - self.used)

    async def get(self, key: Any, type: str = "text", /) -> Any:
        self._spend()
        return await self._kv.get(key, type)

    async def getWithMetadata(self, key: str, type: str = "text", /) -> Any:
        self._spend()
        return await self._kv.getWithMetadata(key, type)

    async def put(self, key: str, value: Any, /, **options: Any) -> None:
        self._spend()
        self.changed.add(key)
        await self._kv.put(key, value, **options)

    async def delete(self, key: str, /) -> None:
        self._spend()
        self.changed.add(key)
        self.deleted.add(key)
        await self._kv.delete(key)

    async def list(self, **options: Any) -> Any:
        self._spend()
        return await self._kv.list(**options)

    def _spend(self) -> None:
        if not self.left:
            raise BudgetSpent
        self.used += 1
