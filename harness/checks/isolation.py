"""Isolation: keys that are not the migration's are as clients left them."""

from collections.abc import Iterable

from harness.model.evidence import damage
from harness.model.expectation import Expectation
from harness.model.record import Record
from harness.model.verdict import Finding
from kvstore.store import is_over

TITLE = "Isolation: keys that are not the migration's are untouched"
AT = "other keys"


def judged(record: Record, expectation: Expectation) -> int:
    return len(expectation.untouched)


def check(record: Record, expectation: Expectation) -> Iterable[Finding | None]:
    changed = [
        place
        for place, stored in expectation.untouched.items()
        if record.final.get(place) != stored
        and not (
            stored is not None and is_over(stored.expiration, record.ended) and place not in record.final
        )
    ]
    yield damage(
        expectation, "other-key-changed", "{n} key{s} that {are} not the migration's {were} changed", changed
    )
