"""Overwriting: what a client wrote is not replaced by what the migration read before."""

from collections.abc import Iterable

from harness.model.evidence import damage
from harness.model.expectation import Expectation
from harness.model.record import Record
from harness.model.verdict import Finding

TITLE = "New wins: a client's newer write is not overwritten"
AT = "entries that a client wrote"
UNLESS_ROLLED_BACK = True


def judged(record: Record, expectation: Expectation) -> int:
    return sum(want.changed is not None for want in expectation.wants.values())


def check(record: Record, expectation: Expectation) -> Iterable[Finding | None]:
    found = [one.place for one in expectation.wrong if one.stays and one.is_overwritten(record)]
    what = "{n} newer write{s} of a client {were} overwritten by the migration"
    yield damage(expectation, "overwritten", what, found)
