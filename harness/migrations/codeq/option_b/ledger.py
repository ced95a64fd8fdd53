"""Every id of a legacy keyspace and what is known of it: on disk, so that memory stays flat.

A pass over the keyspace notes a row for each sighting of an id: its record, its score, its lease, its places
in queues. Sorted by id, the rows are its facts, and the classes of defects are questions to them. SQLite
keeps the rows in a temporary file without a name, which is gone when the ledger is closed.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from harness.migrations.codeq import legacy_state as legacy
from harness.migrations.codeq.legacy_state import FINISHED, parse
from harness.migrations.redis.keyspace.pieces import Piece
from harness.terminal.lines import some

SAMPLES = 20  # ids that are kept of each class, unless all are asked for
_CACHE_KIB = 16_384

_SCHEMA = """
CREATE TABLE sightings (
  id BLOB NOT NULL, stored INT, readable INT, own INT, finished INT, priority INT, command TEXT,
  pending INT, inprog INT, queue TEXT, pttl INT, worker BLOB, scored REAL
)
"""
_FACTS = """
CREATE TABLE facts AS SELECT
  id, max(stored) AS stored, max(readable) AS readable, max(own) AS own, max(finished) AS finished,
  max(priority) AS priority, max(command) AS command, count(pending) AS pending, count(inprog) AS inprog,
  min(queue) AS first_queue, max(queue) AS last_queue, max(pttl) AS pttl, max(worker) AS worker,
  max(scored) AS scored
FROM sightings GROUP BY id
"""
# Each class of defect as a question to the facts; the classes of the reference's pre-flight.
CLASSES = {
    "orphan": "stored IS NULL AND pending + inprog > 0",
    "unparseable": "stored AND NOT readable",
    "misfiled": "readable AND NOT own",
    "duplicate": "pending > 1 OR inprog > 1",
    "in both lists": "pending AND inprog",
    "lost from its queue": "readable AND NOT finished AND pending + inprog = 0",
    "finished but queued": "readable AND finished AND pending + inprog > 0",
    "in progress without lease": "inprog AND coalesce(pttl, 0) <= 0",
    "lease without work": "pttl IS NOT NULL AND NOT inprog",
    "no retention": "stored AND scored IS NULL",
    "retention without task": "scored AND stored IS NULL",
    "retention in milliseconds": "scored >= 100000000000",  # in seconds that is the year 5138
    "priority": "readable AND pending AND priority <> 0",
    "in a foreign queue": "readable AND (first_queue <> command OR last_queue <> command)",
}
STRANGERS = "held by a stranger"


@dataclass(frozen=True, slots=True)
class Group:
    """How many ids are in a class, and the first of them, or all."""

    count: int
    samples: tuple[str, ...]

    def __str__(self) -> str:
        return some(self.samples, of=self.count)

    def as_json(self) -> dict[str, Any]:
        return {"count": self.count, "samples": list(self.samples)}


class Ledger:
    """Takes pieces with ``add``; answers after ``settle``. To be closed."""

    def __init__(self) -> None:
        self._rows = sqlite3.connect("", isolation_level=None)
        for setting in ("journal_mode=OFF", "synchronous=OFF", f"cache_size=-{_CACHE_KIB}"):
            self._rows.execute(f"PRAGMA {setting}")
        self._rows.execute(_SCHEMA)
        self._rows.execute("BEGIN")
        self.queues: set[str] = set()  # keys
        self.unexpected: list[str] = []
        self._most = SAMPLES

    def close(self) -> None:
        self._rows.close()

    def add(self, piece: Piece) -> None:
        """The next piece of the keyspace."""
        if legacy.expected_type(piece.key) != piece.type:
            self._strange(piece)
        elif piece.key == legacy.TASKS:
            self._records(piece.value)
        elif piece.key == legacy.TTL:
            pairs = zip(piece.value[::2], piece.value[1::2], strict=True)
            self._note("scored", ((_raw(one), float(score)) for one, score in pairs))
        elif piece.type == "string":
            task = _raw(piece.key.removeprefix(legacy.LEASE))
            self._note("pttl, worker", [(task, piece.pttl, _raw(piece.value))])
        else:
            command, part = legacy.queue_of(piece.key)
            self.queues.add(piece.key)
            self._note(f"{part}, queue", ((_raw(one), 1, command.lower()) for one in piece.value))

    def settle(self) -> None:
        """Everything was added."""
        self._rows.execute(_FACTS)
        self._rows.execute("DROP TABLE sightings")
        self._rows.execute("COMMIT")

    def classes(self, workers: frozenset[str] | None = None, most: int | None = SAMPLES) -> dict[str, Group]:
        """Every class that has ids, with at most ``most`` of them, None for all.

        ``workers`` are the subs that workers' tokens will carry, if known.
        """
        self._most = -1 if most is None else most
        found = {name: self._group(where) for name, where in CLASSES.items()}
        if workers is not None:
            known = tuple(_raw(one) for one in sorted(workers))
            marks = ", ".join("?" * len(known))
            found[STRANGERS] = self._group(f"pttl > 0 AND inprog AND worker NOT IN ({marks})", known)
        return {name: group for name, group in found.items() if group.count}

    def _records(self, flat: list[str]) -> None:
        rows: list[tuple[Any, ...]] = []
        for task_id, text in zip(flat[::2], flat[1::2], strict=True):
            task = parse(text)
            if task is None:
                rows.append((_raw(task_id), 1, 0, None, None, None, None))
            else:
                facts = (1, task.id == task_id, task.status in FINISHED, task.priority, task.command.lower())
                rows.append((_raw(task_id), 1, *facts))
        self._note("stored, readable, own, finished, priority, command", rows)

    def _note(self, columns: str, rows: Iterable[tuple[Any, ...]]) -> None:
        marks = ", ".join("?" * (columns.count(",") + 2))
        self._rows.executemany(f"INSERT INTO sightings (id, {columns}) VALUES ({marks})", rows)

    def _strange(self, piece: Piece) -> None:
        expected = legacy.expected_type(piece.key) or "no such key"
        text = f"{piece.key} is a {piece.type}, expected {expected}"
        if text not in self.unexpected and len(self.unexpected) < SAMPLES:
            self.unexpected.append(text)

    def _count(self, where: str, values: tuple[Any, ...] = ()) -> int:
        count: int = self._rows.execute(f"SELECT count(*) FROM facts WHERE {where}", values).fetchone()[0]
        return count

    def _group(self, where: str, values: tuple[Any, ...] = ()) -> Group:
        count = self._count(where, values)
        if not count:
            return Group(0, ())
        rows = self._rows.execute(f"SELECT id FROM facts WHERE {where} LIMIT {self._most}", values)
        return Group(count, tuple(bytes(row[0]).decode("utf-8", "surrogateescape") for row in rows))


def _raw(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
