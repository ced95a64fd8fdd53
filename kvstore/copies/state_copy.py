"""Takes a copy of a namespace out of wrangler's state folder, without writing to that folder."""

import shutil
import sqlite3
import tempfile
from collections.abc import MutableMapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from kvstore.clock import Clock
from kvstore.errors import SourceError
from kvstore.javascript.values import has_lone_surrogate
from kvstore.sql.entries import Row, is_expired, seconds
from kvstore.sql.transaction import run
from kvstore.store import Entry
from kvstore.stores.state import STATE_SQL, damage
from kvstore.stores.state_names import OBJECT_FOLDER, blob_path, database_path
from kvstore.stores.value_files import is_name

_TRIES: Final = 5


@dataclass(frozen=True, slots=True)
class NamespaceCopy:
    """What a namespace held: its live entries in key order, and what could not come along.

    ``expired`` counts entries whose time was over; ``valueless`` names keys whose value file is missing,
    which read as missing keys in the original too; ``damaged`` are rows that hold what no program of
    Cloudflare's wrote: the key of each, and what is wrong.
    """

    entries: MutableMapping[str, Entry] = field(repr=False)
    expired: int = 0
    valueless: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)


def copy_namespace(root: Path, namespace: str, clock: Clock) -> NamespaceCopy:
    """Read every entry of ``namespace`` in the state folder ``root`` (``<persist root>/v3/kv``).

    A write-ahead log beside the database is included. Raises SourceError when the folder holds no such
    namespace, or its database is damaged or does not come to rest.
    """
    path = database_path(root, namespace)
    if not path.is_file():
        raise SourceError(_missing(root, namespace, path))
    with tempfile.TemporaryDirectory() as folder:
        rows, damaged = _read_rows(_copy_database(path, Path(folder)), path)
    copy = _with_values(rows, blob_path(root, namespace), clock.now_ms())
    copy.damaged.extend(damaged)
    return copy


def _missing(root: Path, namespace: str, path: Path) -> str:
    folders = sorted(entry.parent.name for entry in root.glob("*/blobs"))
    known = f"it has values of: {', '.join(folders)}" if folders else "it has none at all"
    return f"no namespace {namespace!r} in {root} ({OBJECT_FOLDER}/{path.name} is missing; {known})"


def _copy_database(path: Path, folder: Path) -> Path:
    """Copy a database with its log until neither changed while being copied."""
    for _ in range(_TRIES):
        before = _state(path)
        for part in _parts(path):
            shutil.copyfile(part, folder / part.name)
        if _state(path) == before:
            return folder / path.name
        for part in folder.iterdir():
            part.unlink()
    raise SourceError(f"{path} is being written to; stop what writes it and try again")


def _parts(path: Path) -> list[Path]:
    log = path.with_name(path.name + "-wal")
    return [part for part in (path, log) if part.exists()]


def _state(path: Path) -> list[tuple[str, int, int]]:
    return [(part.name, part.stat().st_size, part.stat().st_mtime_ns) for part in _parts(path)]


def _read_rows(copy: Path, path: Path) -> tuple[dict[str, Row], list[str]]:
    """The rows that are whole, and what is wrong with the others."""
    try:
        with closing(sqlite3.connect(copy)) as connection:
            connection.text_factory = partial(str, encoding="utf-8", errors="surrogateescape")
            verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            if verdict != "ok":
                raise SourceError(f"{path} is damaged: {verdict}")
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = '_mf_entries'").fetchone():
                return {}, []
            rows = run(connection, STATE_SQL.every_row())
            damaged = [damage(key, fault) for key, fault in run(connection, STATE_SQL.damaged())]
    except sqlite3.Error as error:
        raise SourceError(f"{path} is damaged: {error}") from error
    broken = [key for key, row in rows.items() if has_lone_surrogate(f"{key}{row.metadata}")]
    damaged += [damage(key, "its key or its metadata is not UTF-8") for key in broken]
    return {key: row for key, row in rows.items() if key not in broken}, damaged


def _with_values(rows: dict[str, Row], blobs: Path, now: int) -> NamespaceCopy:
    entries, valueless, expired = dict[str, Entry](), list[str](), 0
    for key, (blob, expiration, metadata) in rows.items():
        if is_expired(expiration, now):
            expired += 1
            continue
        if not is_name(blob):
            valueless.append(key)
            continue
        try:
            entries[key] = Entry((blobs / blob).read_bytes(), seconds(expiration), metadata)
        except FileNotFoundError:
            valueless.append(key)
        except OSError as error:
            raise SourceError(f"cannot read {blobs / blob}: {error.strerror}") from error
    return NamespaceCopy(entries, expired, valueless)
