"""The logical backup: JSON lines, one for each piece of a key, which any Redis can be filled from again.

The first line is a header, the last one says how many lines stand between; those are ``{"key", "type",
"pttl", "value"}`` as in ``Piece``. Bytes that are no UTF-8 are escaped lone surrogates, so nothing is lost.
"""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from harness.migrations.redis.keyspace.errors import MigrationError, Refused
from harness.migrations.redis.keyspace.pieces import PAIRS, STRUCTURES, Piece
from harness.migrations.redis.keyspace.snapshot import Snapshot, assembled
from kvstore.javascript.json_document import read_json
from kvstore.privacy import for_owner

FORMAT = "understudy-redis-backup"
FORMATS = (FORMAT, "understudy-codeq-backup")  # the second is of older ones
TYPES = ("string", *STRUCTURES)
YEAR_9999_MS = 253_370_764_800_000


def demand_free(file: Path, export: str = "") -> None:
    """Raises Refused where ``file`` is there, and is not the ``export`` that an earlier run was to write."""
    if file.exists() and str(file.absolute()) != export:
        raise Refused([f"{file} exists: name another file with --backup"])


class Backup:
    """A backup while it is written; ``taken`` is in epoch milliseconds.

    The file is its owner's alone. It appears whole, with ``keep``, or not at all. Raises
    MigrationError where it cannot be written.
    """

    def __init__(self, path: Path, prefix: str, taken: int) -> None:
        self._path = path
        self._part = path.with_name(path.name + ".part")
        self._header = {"format": FORMAT, "prefix": prefix, "taken": taken}
        self._lines = 0
        self._file: TextIO | None = None

    def __enter__(self) -> "Backup":
        try:
            self._part.unlink(missing_ok=True)  # it may have been readable by others
            self._file = open(self._part, "x", encoding="utf-8", opener=for_owner)
        except OSError as error:
            raise self._unwritable(error) from error
        self._line(self._header)
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()
            self._part.unlink(missing_ok=True)

    def write(self, piece: Piece) -> None:
        """Adds a piece. Raises MigrationError for a type that has no form here."""
        if piece.type not in TYPES:
            raise MigrationError(f"a backup has no form for this: {piece.key} is a {piece.type}")
        self._line({"key": piece.key, "type": piece.type, "pttl": piece.pttl, "value": piece.value})
        self._lines += 1

    def keep(self) -> None:
        """It is complete."""
        self._line({"pieces": self._lines})
        assert self._file is not None, "keep comes within the block"
        try:
            self._file.close()
            self._part.replace(self._path)
        except OSError as error:
            raise self._unwritable(error) from error

    def _line(self, record: dict[str, Any]) -> None:
        assert self._file is not None, "lines are written within the block"
        try:
            self._file.write(json.dumps(record, separators=(",", ":")) + "\n")
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> MigrationError:
        return MigrationError(f"cannot write the backup {self._path}: {error.strerror}")


def read_backup(path: Path) -> Snapshot:
    """A backup in memory, ``taken`` 0 where it does not say. MigrationError names the line that is wrong."""
    with _opened(path) as file:
        header = _header(path, file)
        taken = _whole(path, 1, header, "taken", 0)
        if not 0 <= taken <= YEAR_9999_MS:
            raise MigrationError(f"{path}, line 1: taken is {taken}, not a moment in epoch milliseconds")
        return assembled(str(header.get("prefix", "")), _pieces(path, file), taken)


def backup_pieces(path: Path) -> Iterator[Piece]:
    """A backup piece by piece. Raises MigrationError naming the line that cannot be read."""
    with _opened(path) as file:
        _header(path, file)
        yield from _pieces(path, file)


def _opened(path: Path) -> TextIO:
    try:
        return path.open(encoding="utf-8")
    except OSError as error:
        raise MigrationError(f"cannot read {path}: {error.strerror}") from error


def _header(path: Path, file: TextIO) -> dict[str, Any]:
    try:
        line = file.readline()
    except UnicodeDecodeError as error:
        raise MigrationError(f"{path} is not a backup: {error}") from error
    header = _object(path, 1, line)
    if header.get("format") not in FORMATS:
        raise MigrationError(f"{path} is not a backup: its first line does not say {FORMAT}")
    return header


def _pieces(path: Path, file: TextIO) -> Iterator[Piece]:
    count = 0
    for number, line in enumerate(_lines(path, file), 2):
        record = _object(path, number, line)
        if "pieces" in record:
            if record["pieces"] != count:
                raise MigrationError(
                    f"{path}, line {number}: {count} lines before it, not {record['pieces']}"
                )
            return
        count += 1
        key, kind, value = record.get("key"), record.get("type"), record.get("value")
        if not isinstance(key, str) or not _is_value(kind, value):
            raise MigrationError(f"{path}, line {number}: no key, type and value that belong together")
        pttl = _whole(path, number, record, "pttl", -1)
        if not -1 <= pttl <= YEAR_9999_MS:
            raise MigrationError(f"{path}, line {number}: pttl is {pttl}, not -1 or some milliseconds")
        yield Piece(key, str(kind), value, pttl)
    raise MigrationError(f"{path} was cut off: it ends after {count:,} lines and does not say so")


def _lines(path: Path, file: TextIO) -> Iterator[str]:
    try:
        yield from file
    except UnicodeDecodeError as error:
        raise MigrationError(f"{path} is not a backup: {error}") from error


def _is_value(kind: Any, value: Any) -> bool:
    """Whether ``value`` is what a Piece of that type holds: texts, whole pairs, scores that are numbers."""
    if kind == "string":
        return isinstance(value, str)
    if kind not in STRUCTURES or not isinstance(value, list):
        return False
    if not all(isinstance(one, str) for one in value):
        return False
    if kind == "zset" and not all(map(_is_score, value[1::2])):
        return False
    if kind == "stream" and not all(map(_is_fields, value[1::2])):
        return False
    return kind not in PAIRS or len(value) % 2 == 0


def _is_fields(text: str) -> bool:
    try:
        fields = read_json(text)
    except ValueError:
        return False
    return isinstance(fields, list) and bool(fields) and all(isinstance(one, str) for one in fields)


def _is_score(text: str) -> bool:
    try:
        return not math.isnan(float(text))
    except ValueError:
        return False


def _whole(path: Path, number: int, record: dict[str, Any], name: str, missing: int) -> int:
    value = record.get(name, missing)
    if type(value) is not int:  # a bool is none
        raise MigrationError(f"{path}, line {number}: {name} is {value!r}, not a whole number")
    return value


def _object(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        record = read_json(line)
    except ValueError as error:
        raise MigrationError(f"{path}, line {number}: {error}") from error
    if not isinstance(record, dict):
        raise MigrationError(f"{path}, line {number}: not an object")
    return record
