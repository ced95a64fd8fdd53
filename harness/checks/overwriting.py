"""Overwriting: what a client wrote is not replaced by what the migration read before."""

from collections.abc import Iterable

from harness.model.evidence import damage
from harness.model.expectation import Expectation
from harness.model.record import Record
from harness.model.verdict import Finding

TITLE = "New wins: a client's newer write is not overwritten"
AT = "entries that a client wrote"


def judged(record: Record, expectation: Expectation) -> int:
    if record.rolled is not None:
        return 0
    return sum(want.changed is not None for want in expectation.wants.values())


def check(record: Record, expectation: Expectation) -> Iterable[Finding | None]:
    if record.rolled is None:
        found = [one.place for one in expectation.wrong if one.stays and one.is_overwritten(record)]
        yield damage(
            expectation,
            "overwritten",
            "{n} newer write{s} of a client {were} overwritten by the migration",
            found,
        )
