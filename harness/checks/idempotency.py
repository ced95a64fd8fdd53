"""Idempotency: who follows the whole runbook once more changes nothing."""

from collections.abc import Iterable

from harness.model.evidence import damage
from harness.model.expectation import Expectation
from harness.model.record import Record
from harness.model.verdict import Finding
from kvstore.store import is_over

TITLE = "Idempotency: a second run changes nothing"
AT = "second runs"


def judged(record: Record, expectation: Expectation) -> int:
    return int(record.again is not None)


def check(record: Record, expectation: Expectation) -> Iterable[Finding | None]:
    for one in record.second[:1]:
        yield Finding(
            f"a second run gives up: {one.what.partition('?')[0]} {one.why}", code="second-run-gives-up"
        )
    if record.again is None:
        return
    now, before = record.again, record.final
    is_note = record.migration.is_note
    changed = [
        place
        for place in sorted({*now, *before})
        if now.get(place) != before.get(place)
        and not is_note(*place)
        and not expectation.is_unsure(place)
        and not expectation.may_be_either(place, now.get(place), record.again_at)
        and not (place not in now and is_over(before[place].expiration, record.again_at))
    ]
    yield damage(expectation, "second-run-writes", "a second run changes {n} key{s}", changed)
