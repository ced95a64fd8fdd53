"""Rollback: after the way back the old layout holds what it held, but for what clients changed."""

from collections.abc import Iterable

from harness.model.evidence import damage
from harness.model.expectation import Expectation, soon_over
from harness.model.record import Record
from harness.model.verdict import Finding

TITLE = "Rollback: the way back leads to where it began"
AT = "rollbacks"


def judged(record: Record, expectation: Expectation) -> int:
    return int(record.rolled is not None)


def check(record: Record, expectation: Expectation) -> Iterable[Finding | None]:
    if record.rolled is None:
        return
    changed = {act.place for act in record.acts if act.role == "client"}
    lost, other = [], []
    for place, stored in record.start.items():
        if record.migration.rule_for(*place) is None or place in changed:
            continue
        if soon_over(stored, record.ended) or _client_wrote(expectation, place):
            continue
        have = record.final.get(place)
        if have is None:
            lost.append(place)
        elif have != stored:
            other.append(place)
    yield damage(expectation, "not-rolled-back", "{n} entr{ies} {are} not in the old layout again", lost)
    yield damage(
        expectation,
        "rolled-back-changed",
        "{n} entr{ies} {are} in the old layout again, but not as {they} {were}",
        other,
    )


def _client_wrote(expectation: Expectation, place: tuple[str, str]) -> bool:
    return any(
        expectation.wants[target].changed is not None for target in expectation.originals.get(place, ())
    )
