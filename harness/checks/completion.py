"""Completion: the new layout holds every entry that lives, and nothing is left of the old one."""

from collections.abc import Iterable

from harness.model.evidence import damage
from harness.model.expectation import LAST_MINUTE, Expectation, soon_over
from harness.model.record import Place, Record
from harness.model.verdict import Finding

TITLE = "Completion: every entry that lives is in the new layout, and none is left in the old one"
AT = "entries that move"
UNLESS_ROLLED_BACK = True


def judged(record: Record, expectation: Expectation) -> int:
    return len(expectation.wants)


def check(record: Record, expectation: Expectation) -> Iterable[Finding | None]:
    behind = [
        one.place
        for one in expectation.wrong
        if one.have is None
        and one.want.lives(record.ended, LAST_MINUTE)
        and expectation.covers(record.final, one.place, one.want)
    ]
    yield damage(expectation, "left-behind", "{n} entr{ies} {are} left in the old layout only", behind)
    beside = (
        []
        if record.migration.keeps_originals
        else [one for one in record.final if _is_left(expectation, one)]
    )
    yield damage(
        expectation,
        "original-left",
        "{n} original{s} {are} still there although nothing needs {them} any more",
        beside,
    )


def _is_left(expectation: Expectation, place: Place) -> bool:
    """Whether an original is there although all that it becomes is, or none of it is wanted."""
    targets = expectation.originals.get(place)
    if targets is None or place in targets or place in expectation.immovable or expectation.is_unsure(place):
        return False
    if soon_over(expectation.record.final[place], expectation.record.ended):
        return False
    wants = [expectation.wants[target] for target in targets]
    return not any(want.anything for want in wants) and all(
        target in expectation.record.final or want.is_gone()
        for target, want in zip(targets, wants, strict=True)
    )
