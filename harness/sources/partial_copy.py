"""What an interrupted copy of a remote namespace left behind, for the next one to go on from."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from kvstore import Clock, Entry, SourceError, SqliteStore
from kvstore.javascript.json_text import stringify

FOLDER: Final = ".understudy"
_IGNORED: Final = ".gitignore"
# Values of another day say nothing about the namespace as it is now.
_OLDEST_MS: Final = 24 * 60 * 60 * 1000


class PartialCopy:
    """The entries of the namespace at ``url`` that have come so far: a SQLite file in ``root``/.understudy.

    The file is the owner's alone to read, is left out of git, and is removed when the copy is whole. One that
    is more than a day old is not gone on with. Raises SourceError when it cannot be written.
    """

    def __init__(self, root: Path, url: str, clock: Clock) -> None:
        folder = root / FOLDER
        self.path = folder / f"{quote(url.partition('://')[2], safe='')}.partial"
        self._clock = clock
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            (folder / _IGNORED).write_text("*\n")
            if self._outdated():
                self._remove()
            self.path.touch(mode=0o600)
        except OSError as error:
            raise SourceError(f"cannot keep the copy in {folder}: {error.strerror}") from error
        self._store = SqliteStore.open(self.path, clock)

    def _outdated(self) -> bool:
        times = [part.stat().st_mtime_ns // 1_000_000 for part in self._parts() if part.exists()]
        return bool(times) and self._clock.now_ms() - max(times) > _OLDEST_MS

    async def missing(self, keys: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """The ones among ``keys``, a whole listing, that still have to come.

        What is kept and no longer listed, or listed with another metadata or expiration, is dropped.
        """
        listed = {key["name"]: key for key in keys}
        fitting = set()
        for name, entry in (await self._store.rows()).items():
            if name in listed and _fits(entry, listed[name]):
                fitting.add(name)
            else:
                await self._store.delete(name)
        return [key for name, key in listed.items() if name not in fitting]

    async def add(self, entries: Mapping[str, Entry]) -> None:
        await self._store.put_many(entries)

    async def finish(self) -> dict[str, Entry]:
        """All entries that have not expired, in key order; the file is gone then."""
        entries = await self._store.entries()
        await self._store.close()
        self._remove()
        folder = self.path.parent
        if [part.name for part in folder.iterdir()] == [_IGNORED]:
            shutil.rmtree(folder)
        return entries

    async def close(self) -> None:
        await self._store.close()

    def _parts(self) -> list[Path]:
        return [self.path.with_name(self.path.name + end) for end in ("", "-wal", "-shm")]

    def _remove(self) -> None:
        for part in self._parts():
            part.unlink(missing_ok=True)


def _fits(entry: Entry, key: Mapping[str, Any]) -> bool:
    metadata = None if key.get("metadata") is None else str(stringify(key["metadata"]))
    return (entry.expiration, entry.metadata) == (key.get("expiration"), metadata)
