"""What entries come from and go to: a namespace, here or in the account, or a file."""

from collections.abc import AsyncIterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Protocol

from kvstore.clock import Clock
from kvstore.copies.bulk_json import item_of
from kvstore.copies.export_file import ExportFile, read_export, repeated
from kvstore.errors import SourceError
from kvstore.limits import LIMITS
from kvstore.store import Entry
from worker.cloudflare.errors import ApiError
from wrangler_compat.cli.errors import CommandError
from wrangler_compat.kv.namespace import Namespace
from wrangler_compat.kv.transfer.journal import Named

# What is carried at a time, whichever is reached first: keys, and bytes of values.
PART_KEYS: Final = LIMITS.list_keys
PART_BYTES: Final = 32 * 1024 * 1024

Entries = Mapping[str, Entry]
Position = dict[str, Any]


class From(Protocol):
    """Where entries come from; ``is_account`` where that takes requests to the API. ``repeated`` are keys of
    items that are left out, as the key comes again later, and the last item counts.
    """

    display: str
    is_account: bool

    @property
    def repeated(self) -> Named: ...

    async def count(self) -> int:
        """How many there are."""
        ...

    def parts(self, position: Position) -> AsyncIterator[tuple[Entries, Position]]:
        """The entries after ``position`` ({} for all), in parts, each with the position behind it."""
        ...


class To(Protocol):
    """Where entries go; ``minimum_ttl`` is how long an entry must have left to be taken there, in seconds."""

    display: str
    is_account: bool
    minimum_ttl: int

    async def present(self, entries: Entries) -> Entries:
        """Those of the keys that are there already, as they are there."""
        ...

    async def write(self, entries: Entries) -> None: ...

    def position(self) -> int:
        """How far a file is written; 0 where there is nothing to go on from."""
        ...

    async def finish(self) -> None: ...


class NamespaceEnd:
    """A namespace, as either end."""

    minimum_ttl = LIMITS.minimum_ttl

    def __init__(self, namespace: Namespace, display: str, prefix: str, *, is_account: bool) -> None:
        self.display = display
        self.is_account = is_account
        self.repeated = Named()
        self._namespace = namespace
        self._prefix = prefix

    async def count(self) -> int:
        count, cursor = 0, ""
        while True:
            listing = await self._namespace.keys(self._prefix, LIMITS.list_keys, cursor)
            count, cursor = count + len(listing.keys), listing.cursor
            if not cursor:
                return count

    async def parts(self, position: Position) -> AsyncIterator[tuple[Entries, Position]]:
        cursor, after = position.get("cursor", ""), position.get("after", "").encode()
        while True:
            listing, cursor = await self._page(cursor)
            keys = [key for key in listing.keys if key["name"].encode() > after]
            part: dict[str, Entry] = {}
            size = 0
            async for entries in self._namespace.entries_of(keys):
                part |= entries
                size += sum(len(entry.value) for entry in entries.values())
                if size > PART_BYTES:
                    yield part, {"cursor": cursor, "after": max(part, key=str.encode)}
                    part, size = {}, 0
            if keys:
                yield part, {"cursor": listing.cursor, "after": keys[-1]["name"]}
            cursor = listing.cursor
            if not cursor:
                return

    async def _page(self, cursor: str) -> tuple[Any, str]:
        """A page, and the cursor that it was asked for with: from the start where that is refused by now."""
        try:
            return await self._namespace.keys(self._prefix, LIMITS.list_keys, cursor), cursor
        except ApiError as error:
            if not cursor or error.status != 400:
                raise
            return await self._namespace.keys(self._prefix, LIMITS.list_keys, ""), ""

    async def present(self, entries: Entries) -> Entries:
        keys = [{"name": key} for key in entries]
        found: dict[str, Entry] = {}
        async for part in self._namespace.entries_of(keys):
            found |= part
        return found

    async def write(self, entries: Entries) -> None:
        await self._namespace.put_many([item_of(key, entry) for key, entry in entries.items()])

    def position(self) -> int:
        return 0

    async def finish(self) -> None:
        """Nothing is left to do."""


class FileFrom:
    """A file of any format."""

    is_account = False

    def __init__(self, path: Path, display: str, prefix: str, clock: Clock) -> None:
        self.display = display
        self._path = path
        self._prefix = prefix
        self._clock = clock

    async def count(self) -> int:
        counted: int = sum(key.startswith(self._prefix) for key, _ in self._entries(0))
        return counted - self.repeated.count

    @cached_property
    def repeated(self) -> Named:
        found = Named()
        for key, numbers in self._several.items():
            for _ in numbers[1:]:
                found.add(key)
        return found

    @cached_property
    def _several(self) -> dict[str, list[int]]:
        """The numbers of the items of each key that has several."""
        try:
            found = repeated(self._path, self._clock)
        except SourceError as error:
            raise CommandError(str(error)) from error
        return {key: numbers for key, numbers in found.items() if key.startswith(self._prefix)}

    async def parts(self, position: Position) -> AsyncIterator[tuple[Entries, Position]]:
        part: dict[str, Entry] = {}
        done, size = position.get("items", 0), 0
        for key, entry in self._entries(done):
            numbers = self._several.get(key)
            if key.startswith(self._prefix) and (numbers is None or numbers[-1] == done):
                part[key] = entry
                size += len(entry.value)
            done += 1
            if len(part) >= PART_KEYS or size > PART_BYTES:
                yield part, {"items": done}
                part, size = {}, 0
        if part:
            yield part, {"items": done}

    def _entries(self, skip: int) -> Any:
        try:
            yield from read_export(self._path, self._clock, skip)
        except SourceError as error:
            raise CommandError(str(error)) from error


class FileTo:
    """A file that is written; ``at`` is how far it was when another process was stopped."""

    is_account = False
    minimum_ttl = 0

    def __init__(self, path: Path, display: str, form: str, at: int) -> None:
        self.display = display
        try:
            self._file = ExportFile(path, form, at)
        except OSError as error:
            raise CommandError(f"cannot write {display}: {error.strerror}") from error

    async def present(self, entries: Entries) -> Entries:
        return {}

    async def write(self, entries: Entries) -> None:
        try:
            self._file.add(entries)
        except OSError as error:
            raise CommandError(f"cannot write {self.display}: {error.strerror}") from error

    def position(self) -> int:
        return self._file.position

    async def finish(self) -> None:
        self._file.finish()
