"""Creation: what is in the new layout comes from an entry or from a client."""

from collections.abc import Iterable

from harness.model.evidence import damage
from harness.model.expectation import Expectation
from harness.model.record import Record
from harness.model.row import is_table
from harness.model.verdict import Finding

TITLE = "No creation: every key comes from an entry or from a client"
AT = "keys"
UNLESS_ROLLED_BACK = True


def judged(record: Record, expectation: Expectation) -> int:
    return len(record.final)


def check(record: Record, expectation: Expectation) -> Iterable[Finding | None]:
    extra = [
        place
        for place in record.final
        if place not in expectation.wants
        and place not in expectation.untouched
        and place not in expectation.originals
        and not record.migration.is_note(*place)
        and (not is_table(place[0]) or expectation.mapping.is_about(place[0]))
    ]
    yield damage(
        expectation, "created", "{n} key{s} {are} there that no entry becomes and no client wrote", extra
    )
