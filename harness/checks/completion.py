"""Completion: the new layout holds every entry that lives, and nothing is left of the old one."""

from collections.abc import Iterable

from harness.model.evidence import damage
from harness.model.record import Place, Record
from harness.model.truth import LAST_MINUTE, Truth, soon_over
from harness.verdict import Finding

TITLE = "Completion: every entry that lives is in the new layout, and none is left in the old one"
AT = "entries that move"


def looked(record: Record, truth: Truth) -> int:
    return 0 if record.rolled is not None else len(truth.wants)


def check(record: Record, truth: Truth) -> Iterable[Finding | None]:
    if record.rolled is not None:
        return
    behind = [
        one.place
        for one in truth.wrong
        if one.have is None
        and one.want.lives(record.ended, LAST_MINUTE)
        and truth.covers(record.final, one.place, one.want)
    ]
    yield damage(truth, "left-behind", "{n} entr{ies} {are} left in the old layout only", behind)
    beside = [] if record.migration.keeps_originals else [one for one in record.final if _is_left(truth, one)]
    yield damage(
        truth,
        "original-left",
        "{n} original{s} {are} still there although nothing needs {them} any more",
        beside,
    )


def _is_left(truth: Truth, place: Place) -> bool:
    """Whether an original is there although all that it becomes is, or none of it is wanted."""
    targets = truth.originals.get(place)
    if targets is None or place in targets or place in truth.immovable:
        return False
    if soon_over(truth.record.final[place], truth.record.ended):
        return False
    wants = [truth.wants[target] for target in targets]
    return not any(want.anything for want in wants) and all(
        target in truth.record.final or want.is_gone() for target, want in zip(targets, wants, strict=True)
    )
