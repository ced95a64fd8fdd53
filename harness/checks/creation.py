"""Creation: nothing is in the new layout that nobody asked for."""

from collections.abc import Iterable

from harness.model.evidence import damage
from harness.model.record import Record
from harness.model.row import is_table
from harness.model.truth import Truth
from harness.verdict import Finding

TITLE = "No creation: there is no key that nobody asked for"
AT = "keys"


def looked(record: Record, truth: Truth) -> int:
    return 0 if record.rolled is not None else len(record.final)


def check(record: Record, truth: Truth) -> Iterable[Finding | None]:
    if record.rolled is not None:
        return
    extra = [
        place
        for place in record.final
        if place not in truth.wants
        and place not in truth.untouched
        and place not in truth.originals
        and not record.migration.is_note(*place)
        and (not is_table(place[0]) or truth.mapping.is_about(place[0]))
    ]
    yield damage(truth, "created", "{n} key{s} that nobody asked for {are} there", extra)
