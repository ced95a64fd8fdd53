"""Expiration: every entry ends at the same moment as before, and what has no end keeps none."""

from collections.abc import Iterable

from harness.model.evidence import damage
from harness.model.expectation import Expectation
from harness.model.record import Record
from harness.model.verdict import Finding
from harness.model.want import Wrong

TITLE = "Expiration: every entry ends at the moment at which it was to end"
AT = "entries that are in the new layout"
UNLESS_ROLLED_BACK = True


def judged(record: Record, expectation: Expectation) -> int:
    return sum(place in record.final for place in expectation.wants)


def check(record: Record, expectation: Expectation) -> Iterable[Finding | None]:
    there = [one for one in expectation.changed if not _agrees(one)]
    for code, what, applies in (
        ("expiration-lost", "{n} entr{ies} {have} no expiration any more", lambda have, wanted: have is None),
        (
            "expiration-gained",
            "{n} entr{ies} without an expiration {have} one now",
            lambda have, wanted: wanted is None,
        ),
        ("expires-earlier", "{n} entr{ies} expire{es} earlier", lambda have, wanted: have < wanted),
        ("expires-later", "{n} entr{ies} expire{es} later", lambda have, wanted: have > wanted),
    ):
        found = [one for one in there if applies(*_expirations(one))]
        there = [one for one in there if one not in found]
        yield damage(expectation, code, what, [one.place for one in found])
    over = [one.place for one in expectation.wrong if one.have is not None and one.outlives(record.ended)]
    yield damage(expectation, "outlives", "{n} entr{ies} outlive{es} {their} expiration", over)


def _expirations(one: Wrong) -> tuple[int | None, int | None]:
    wanted = next(wanted for wanted in one.want.allowed if wanted is not None)
    return one.have.expiration if one.have is not None else None, wanted.expiration


def _agrees(one: Wrong) -> bool:
    return one.have is not None and any(
        wanted is not None and wanted.expiration == one.have.expiration for wanted in one.want.allowed
    )
