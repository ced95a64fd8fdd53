"""What is in the tables of a database, at any moment of a simulation: every change of a row is a write."""

import re
from collections.abc import Mapping, MutableSequence, Sequence
from typing import Any, Final

from harness.engine.loop import LoopClock
from harness.model.record import Place
from harness.model.row import label_of, stored_row
from harness.system.tables import Contents
from kvstore import Entry, Event
from kvstore.layers.invocation import Invocations
from kvstore.store import Verb
from worker.d1 import Ask

# What removes rows without a word.
_REPLACES: Final = re.compile(r"\bREPLACE\b", re.IGNORECASE)

_Change = tuple[Place, Entry | None]


class Rows:
    """The rows of one database: a put or a delete in ``writes`` for each that a call wrote.

    What a call did to a row is one write, as a call is one transaction. ``stored`` is what is there.
    """

    def __init__(
        self, contents: Contents, clock: LoopClock, invocations: Invocations, writes: MutableSequence[Event]
    ) -> None:
        self.stored: dict[Place, Entry] = {}
        self._contents = contents
        self._clock = clock
        self._invocations = invocations
        self._writes = writes
        # By table: what was seen last of each row, by its rowid or its key.
        self._known: dict[str, dict[Any, tuple[Place, Sequence[Any]]]] = {}
        self._touched: list[tuple[str, int]] = []
        contents.database.watch(self._touch)

    def _touch(self, _kind: int, _schema: str, table: str, rowid: int) -> None:
        self._touched.append((table, rowid))

    def called(self, ask: Ask, results: Any) -> None:
        """A call that may have written was answered with ``results``."""
        touched, self._touched = self._touched, []
        if not isinstance(results, list):
            return  # it failed, as a whole
        changes = sum(result["meta"]["changes"] for result in results)
        by_label: dict[str, set[Any]] = {}
        for table, rowid in touched:
            by_label.setdefault(label_of(self._contents.binding, table), set()).add(rowid)
        replaces = any(_REPLACES.search(query.sql) for query in ask.queries)
        if self._contents.is_new() or changes != len(touched) or (replaces and self._are_fewer(by_label)):
            self.refresh()
            return
        seen: list[_Change] = []
        for label in [label for label in by_label if label in self._contents.tables]:
            rows = [row for rowid in sorted(by_label[label]) for row in self._contents.row(label, rowid)]
            seen += self._see(label, rows, by_label[label], always=True)
        self._note(seen)

    def _are_fewer(self, touched: Mapping[str, set[Any]]) -> bool:
        """Whether rows are gone of which nothing was said."""
        return any(
            self._contents.count(label) != len(self._known.get(label, {}).keys() | rowids)
            for label, rowids in touched.items()
            if label in self._contents.tables
        )

    def refresh(self, *, note: bool = True) -> None:
        """See what has changed anywhere, and ``note`` it."""
        tables = self._contents.tables
        seen: list[_Change] = []
        for label in {**self._known, **tables}:
            rows = self._contents.rows(label) if label in tables else []
            seen += self._see(label, rows, set(self._known.get(label, ())))
        if note:
            self._note(seen)
        self._touched = []

    def _see(
        self,
        label: str,
        rows: Sequence[Sequence[Any]],
        others: set[Any],
        *,
        always: bool = False,
    ) -> list[_Change]:
        """What has changed, as there are ``rows``, and none of ``others`` beside them.

        ``always`` note also what has not changed.
        """
        known = self._known.setdefault(label, {})
        gone: dict[Place, None] = {}
        there: dict[Place, Entry] = {}
        for row in rows:
            table = self._contents.tables[label]
            columns = dict(zip(table.columns, row[1:], strict=True))
            at = tuple(columns[name] for name in table.key) if row[0] is None else row[0]
            others.discard(at)
            before = known.get(at)
            if before is not None and before[1] == row and not always:
                continue
            place = label, table.key_of(columns) if table.key else f"rowid {row[0]}"
            if before is not None and before[0] != place:
                gone[before[0]] = None
            known[at] = place, row
            there[place] = stored_row(columns)
        gone.update(dict.fromkeys(known.pop(at)[0] for at in others if at in known))
        for place in gone:
            if place not in there:
                self.stored.pop(place, None)
        self.stored.update(there)
        return [*there.items(), *((place, None) for place in gone if place not in there)]

    def _note(self, seen: Sequence[_Change]) -> None:
        """What one call did: what comes before what goes, as nothing that it moves is ever nowhere."""
        name, now = self._invocations.current().name, self._clock.now_ms()
        for place, entry in sorted(seen, key=lambda change: change[1] is None):
            verb: Verb = "put" if entry is not None else "delete"
            number = len(self._writes)
            self._writes.append(Event(number, now, name, verb, place[1], entry, namespace=place[0]))
