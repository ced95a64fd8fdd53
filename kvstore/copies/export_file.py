"""Files of a namespace, streamed: the JSON of ``wrangler kv bulk put``, JSON lines of its items, and SQLite.

Neither reading nor writing holds more than a few items in memory. The SQLite file has the table ``entries``
(key, expiration in milliseconds, metadata as JSON, value as bytes) and, for people, the view ``readable``.
"""

import json
import os
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import IO, Any, Final

from kvstore.clock import Clock
from kvstore.copies.bulk_json import item_of, read_item
from kvstore.errors import SourceError
from kvstore.javascript.json_document import DECODER
from kvstore.privacy import for_owner
from kvstore.sql.entries import milliseconds, seconds
from kvstore.store import Entry
from kvstore.stores.sqlite import SQL

FORMATS: Final = {"json": ".json", "jsonl": ".jsonl", "sqlite": ".sqlite"}
_BY_ENDING: Final = {".ndjson": "jsonl", ".db": "sqlite", ".sqlite3": "sqlite"} | {
    ending: name for name, ending in FORMATS.items()
}
_BLOCK: Final = 1 << 16
# Longer than any item that KV takes: a value of 25 MiB of which each byte is an escape of six characters.
_LONGEST: Final = 200_000_000
# How many bits keys leave their marks in: one for each byte of the file, within these bounds (128 MiB).
_LEAST_BITS: Final = 1 << 16
_MOST_BITS: Final = 1 << 30
_BETWEEN: Final = re.compile(r"[\s,]*")
_READABLE: Final = (
    "CREATE VIEW IF NOT EXISTS readable AS SELECT key, CAST(value AS TEXT) AS value, metadata, "
    "datetime(expiration / 1000, 'unixepoch') AS expires FROM entries"
)


def format_of(name: str) -> str:
    """The format that a file's name asks for; JSON where it says nothing."""
    return _BY_ENDING.get(Path(name).suffix.lower(), "json")


def is_sqlite(path: Path) -> bool:
    """Whether a file is a database of SQLite. Raises OSError."""
    with path.open("rb") as file:
        return file.read(16) == b"SQLite format 3\0"


def read_export(path: Path, clock: Clock, skip: int = 0) -> Iterator[tuple[str, Entry]]:
    """The entries of a file of any of the formats, in its order, without the first ``skip``.

    What has expired is among them, and so are the items of a key that comes again. Raises SourceError, naming
    the item and what is wrong with it.
    """
    try:
        if is_sqlite(path):
            yield from _rows(path, skip)
            return
        now = clock.now_ms()
        with path.open(encoding="utf-8-sig") as file:
            may_be_empty = path.suffix == ".jsonl"
            for index, item in enumerate(_items(file, str(path), may_be_empty=may_be_empty)):
                if index >= skip:
                    yield read_item(item, f"{path}, item {index}", now)
    except UnicodeDecodeError as error:
        raise SourceError(f"{path} is not a bulk JSON file: it is not UTF-8 text") from error
    except OSError as error:
        raise SourceError(f"cannot read {path}: {error.strerror}") from error


def read_last(path: Path, clock: Clock) -> Iterator[tuple[str, Entry]]:
    """As `read_export`, without the items of a key that comes again: the last counts."""
    several = repeated(path, clock)
    for number, (key, entry) in enumerate(read_export(path, clock)):
        if key not in several or several[key][-1] == number:
            yield key, entry


def repeated(path: Path, clock: Clock) -> dict[str, list[int]]:
    """The numbers of the items (from 0) of each key that comes more than once in a file.

    Of these the last item counts, as for ``wrangler kv bulk put``. Memory holds a mark of each key, and the
    keys that may come more than once. Raises SourceError.
    """
    try:
        if is_sqlite(path):
            return {}
        size = path.stat().st_size
    except OSError as error:
        raise SourceError(f"cannot read {path}: {error.strerror}") from error
    return _repeated(lambda: (key for key, _ in read_export(path, clock)), size)


def _repeated(keys: Callable[[], Iterable[str]], size: int) -> dict[str, list[int]]:
    """``keys`` reads all keys in their order, and is called again if two leave the same mark."""
    bits = min(_MOST_BITS, max(_LEAST_BITS, 1 << size.bit_length()))
    marks, suspects = bytearray(bits // 8), set[int]()
    for key in keys():
        mark = hash(key) % bits
        if marks[mark >> 3] >> (mark & 7) & 1:
            suspects.add(mark)
        marks[mark >> 3] |= 1 << (mark & 7)
    if not suspects:
        return {}
    found: dict[str, list[int]] = {}
    for number, key in enumerate(keys()):
        if hash(key) % bits in suspects:
            found.setdefault(key, []).append(number)
    return {key: numbers for key, numbers in found.items() if len(numbers) > 1}


def _rows(path: Path, skip: int) -> Iterator[tuple[str, Entry]]:
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            rows = connection.execute(
                "SELECT key, value, expiration, metadata FROM entries ORDER BY key LIMIT -1 OFFSET ?", (skip,)
            )
            for key, value, expiration, metadata in rows:
                content = value.encode() if isinstance(value, str) else bytes(value)
                yield key, Entry(content, seconds(expiration), metadata)
    except sqlite3.Error as error:
        raise SourceError(f"cannot use {path}: {error}") from error


def _items(file: IO[str], name: str, *, may_be_empty: bool) -> Iterator[Any]:
    """The items of an array, or of JSON lines, as they come; a file of JSON lines may have none."""
    text = file.read(_BLOCK)
    at = _BETWEEN.match(text).end()  # type: ignore[union-attr]
    is_array = text[at : at + 1] == "["
    at += is_array
    count, size = 0, _BLOCK
    while True:
        at = _BETWEEN.match(text, at).end()  # type: ignore[union-attr]
        if at < len(text):
            if is_array and text[at] == "]":
                _check_end(text[at + 1 :], file, name)
                return
            try:
                item, end = DECODER.raw_decode(text, at)
            except RecursionError:
                raise SourceError(f"{name}, item {count}: it is nested too deeply") from None
            except ValueError as error:
                wrong: ValueError | None = error
            else:
                yield item
                at, count, size = end, count + 1, _BLOCK
                continue
        else:
            wrong = None
        more = file.read(size) if len(text) - at < _LONGEST else ""
        if not more:
            if wrong is None and not is_array and (count or may_be_empty):
                return
            if wrong is None and not is_array:
                raise SourceError(f"{name} is empty, and not JSON: an empty namespace is []")
            raise SourceError(f"{name} is not JSON: item {count} {_said(wrong)}")
        text, at, size = text[at:] + more, 0, 2 * size


def _check_end(rest: str, file: IO[str], name: str) -> None:
    while rest and not rest.strip():
        rest = file.read(_BLOCK)
    if rest:
        raise SourceError(f"{name} is not JSON: {rest.strip()[:20]!r} comes after the end of the array")


def _said(wrong: ValueError | None) -> str:
    return "is missing, and so is the end of the array" if wrong is None else f"cannot be read: {wrong}"


class ExportFile:
    """Writes entries to ``path``: under another name until `finish`, as half of it is not all.

    ``at`` is what `position` was when another process was stopped: everything after it is written anew.
    Raises OSError.
    """

    def __init__(self, path: Path, form: str, at: int = 0) -> None:
        self.path = path
        self.partial = path.with_name(path.name + ".partial")
        self._form = form
        self._file: IO[bytes] | None = None
        self._database: sqlite3.Connection | None = None
        if not at:
            self.partial.unlink(missing_ok=True)
        if form == "sqlite":
            os.close(os.open(self.partial, os.O_RDWR | os.O_CREAT, 0o600))
            self._database = sqlite3.connect(self.partial, isolation_level=None)
            for statement in (*SQL.schema, _READABLE):
                self._database.execute(statement)
        else:
            self._file = open(self.partial, "r+b" if at else "wb", opener=None if at else for_owner)  # noqa: SIM115
            self._file.truncate(at)
            self._file.seek(at)

    @property
    def position(self) -> int:
        """How much there is, in bytes; 1 for a database, which keeps it itself."""
        return 1 if self._file is None else self._file.tell()

    def add(self, entries: Mapping[str, Entry]) -> None:
        """Append entries; in a database what was there under their keys is replaced."""
        if self._database is not None:
            rows = [
                (key, entry.value, milliseconds(entry.expiration), entry.metadata)
                for key, entry in entries.items()
            ]
            self._database.execute("BEGIN")
            self._database.executemany(
                "INSERT OR REPLACE INTO entries (key, value, expiration, metadata) VALUES (?, ?, ?, ?)", rows
            )
            self._database.execute("COMMIT")
            return
        assert self._file is not None
        for key, entry in entries.items():
            line = json.dumps(item_of(key, entry), ensure_ascii=False).encode()
            before = b"" if self._form == "jsonl" else b",\n" if self._file.tell() else b"[\n"
            self._file.write(before + line + (b"\n" if self._form == "jsonl" else b""))
        self._file.flush()

    def finish(self) -> None:
        """The file is whole, and has its name."""
        if self._file is not None:
            if self._form == "json":
                self._file.write(b"\n]\n" if self._file.tell() else b"[]\n")
            self._file.flush()
            os.fsync(self._file.fileno())
        self.close()
        self.partial.rename(self.path)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
        if self._database is not None:
            self._database.close()
