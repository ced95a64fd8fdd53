"""The logical backup: JSON lines, one for each key, which any Redis can be filled from again.

The first line is a header; the others are ``{"key", "type", "pttl", "value"}`` as in ``Entry``. Bytes that
are no UTF-8 are escaped lone surrogates, so nothing is lost.
"""

import json
from pathlib import Path
from typing import Any

from harness.codeq.errors import MigrationError
from harness.codeq.snapshot import Entry, Snapshot

FORMAT = "understudy-codeq-backup"
TYPES = {"string": str, "list": list, "set": list, "hash": dict, "zset": dict}


def write_backup(path: Path, snapshot: Snapshot, taken: int) -> None:
    """Writes ``snapshot``; ``taken`` is in epoch milliseconds. The file appears whole or not at all."""
    strange = [
        f"{key} is a {entry.type}" for key, entry in snapshot.entries.items() if entry.type not in TYPES
    ]
    if strange:
        raise MigrationError(f"a backup has no form for this: {strange[0]}")
    unfinished = path.with_name(path.name + ".part")
    try:
        with unfinished.open("w", encoding="utf-8") as file:
            file.write(_line({"format": FORMAT, "prefix": snapshot.prefix, "taken": taken}))
            for key, entry in snapshot.entries.items():
                file.write(_line({"key": key, "type": entry.type, "pttl": entry.pttl, "value": entry.value}))
        unfinished.replace(path)
    except OSError as error:
        raise MigrationError(f"cannot write the backup {path}: {error.strerror}") from error


def read_backup(path: Path) -> Snapshot:
    """A snapshot from its file. Raises MigrationError naming the line that cannot be read."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise MigrationError(f"cannot read {path}: {error}") from error
    lines = text.splitlines()
    header = _object(path, 1, lines[0] if lines else "")
    if header.get("format") != FORMAT:
        raise MigrationError(f"{path} is no backup: its first line does not say {FORMAT}")
    entries: dict[str, Entry] = {}
    for number, line in enumerate(lines[1:], 2):
        record = _object(path, number, line)
        key, kind, value = record.get("key"), record.get("type"), record.get("value")
        if not isinstance(key, str) or kind not in TYPES or not isinstance(value, TYPES[kind]):
            raise MigrationError(f"{path}, line {number}: no key, type and value that belong together")
        entries[key] = Entry(kind, value, int(record.get("pttl", -1)))
    return Snapshot(str(header.get("prefix", "")), entries, int(header.get("taken", 0)))


def _object(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except ValueError as error:
        raise MigrationError(f"{path}, line {number}: {error}") from error
    if not isinstance(record, dict):
        raise MigrationError(f"{path}, line {number}: not an object")
    return record


def _line(record: dict[str, Any]) -> str:
    return json.dumps(record, separators=(",", ":")) + "\n"
