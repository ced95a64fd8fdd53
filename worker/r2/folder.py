"""The buckets of wrangler's state folder: ``<persist root>/v3/r2``."""

from pathlib import Path
from typing import TYPE_CHECKING

from kvstore.clock import Clock
from kvstore.sql.open_databases import OpenDatabases

if TYPE_CHECKING:
    from worker.r2.bucket import Bucket


class BucketFolder:
    """Every bucket in ``root`` by its name: calling it gives the same one every time."""

    def __init__(self, root: Path, clock: Clock | None = None) -> None:
        self.root = root
        self._clock = clock
        self._databases = OpenDatabases()
        self._buckets: dict[str, Bucket] = {}

    def __call__(self, name: str) -> "Bucket":
        if name not in self._buckets:
            from worker.r2.bucket import Bucket  # most Workers have none

            self._buckets[name] = Bucket(self.root, name, self._databases, self._clock)
        return self._buckets[name]

    async def close(self) -> None:
        await self._databases.close()
