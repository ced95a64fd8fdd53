"""Isolation: keys that are not the migration's are as clients left them."""

from collections.abc import Iterable

from harness.model.evidence import damage
from harness.model.record import Record
from harness.model.truth import Truth
from harness.verdict import Finding
from kvstore.store import is_over

TITLE = "Isolation: keys that are not the migration's are untouched"
AT = "other keys"


def looked(record: Record, truth: Truth) -> int:
    return len(truth.untouched)


def check(record: Record, truth: Truth) -> Iterable[Finding | None]:
    changed = [
        place
        for place, stored in truth.untouched.items()
        if record.final.get(place) != stored
        and not (
            stored is not None and is_over(stored.expiration, record.ended) and place not in record.final
        )
    ]
    yield damage(
        truth, "other-key-changed", "{n} key{s} that {are} not the migration's {were} changed", changed
    )
