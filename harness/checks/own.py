"""One's own invariants: what the migration itself declares."""

from collections.abc import Iterable, Mapping

from harness.engine.under_way import asking
from harness.migration import Entry, MigrationError, entry_of
from harness.model.expectation import Expectation
from harness.model.record import Place, Record
from harness.model.row import Row, is_table, row_of
from harness.model.verdict import Finding
from kvstore import Entry as Stored

TITLE = "What the migration itself declares"
AT = "invariants of its own"
UNLESS_ROLLED_BACK = True


def judged(record: Record, expectation: Expectation) -> int:
    return len(record.migration.invariants)


def check(record: Record, expectation: Expectation) -> Iterable[Finding | None]:
    if not record.migration.invariants:
        return
    before, after = _entries(record.start), _entries(record.final)
    for function in record.migration.invariants:
        name = function.__name__
        try:
            with asking(f"the invariant {name}"):
                said = function(before, after)
        except AssertionError as error:
            said = str(error) or False
        except Exception as error:
            raise MigrationError(f"the invariant {name} fails: {type(error).__name__}: {error}") from error
        if said is False or isinstance(said, str):
            yield Finding(f"{name}: {said or 'does not hold'}", code=name)


def _entries(stored: Mapping[Place, Stored]) -> dict[str, Entry | Row]:
    """Entries by their keys, with the namespace before them where there are several; rows by their tables."""
    several = len({label for label, _ in stored if not is_table(label)}) > 1
    found: dict[str, Entry | Row] = {}
    for (label, key), entry in stored.items():
        if is_table(label):
            found[f"{label}/{key}"] = row_of((label, key), entry)
        else:
            found[f"{label}/{key}" if several else key] = entry_of(key, entry, label)
    return found
