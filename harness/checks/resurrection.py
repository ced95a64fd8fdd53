"""Resurrection: what a client deleted stays deleted."""

from collections.abc import Iterable

from harness.model.evidence import damage
from harness.model.expectation import Expectation
from harness.model.record import Record
from harness.model.verdict import Finding

TITLE = "No resurrection: what a client deleted stays deleted"
AT = "entries that a client deleted"
UNLESS_ROLLED_BACK = True


def judged(record: Record, expectation: Expectation) -> int:
    return sum(act.outcome == "gone" for act in record.acts)


def check(record: Record, expectation: Expectation) -> Iterable[Finding | None]:
    gone = [one for one in expectation.wrong if one.want.is_gone() or one.want.gone is not None]
    back = [one.place for one in gone if one.have is not None]
    yield damage(expectation, "resurrected", "{n} entr{ies} that a client deleted {are} there again", back)
