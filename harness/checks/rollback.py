"""Rollback: after the way back the old layout holds what it held, but for what clients changed."""

from collections.abc import Iterable
from dataclasses import replace

from harness.migration import Entry as Wanted
from harness.migration import entry_of, stored_as
from harness.model.evidence import damage
from harness.model.expectation import LAST_MINUTE, Expectation, soon_over
from harness.model.oddities import is_odd
from harness.model.outcomes import place_of
from harness.model.record import Place, Record
from harness.model.sameness import is_as_wanted, meaning_of
from harness.model.verdict import Finding
from kvstore import Entry

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
        if soon_over(stored, record.ended) or _is_older(expectation, place):
            continue
        have = record.final.get(place)
        if have is None:
            lost.append(place)
        elif not is_as_wanted(replace(entry_of(place[1], stored), is_json=True), have) and not (
            is_odd(record.migration, place) and _is_the_same(expectation, place, stored, have)
        ):
            other.append(place)
    yield damage(expectation, "not-rolled-back", "{n} entr{ies} {are} not in the old layout again", lost)
    yield damage(
        expectation,
        "rolled-back-changed",
        "{n} entr{ies} {are} in the old layout again, but not as {they} {were}",
        other,
    )
    if record.deployed and record.deployed[-1][1] == "before":
        yield from _since(record, expectation)


def _is_the_same(expectation: Expectation, place: Place, stored: Entry, have: Entry) -> bool:
    """Whether two old entries become the same: what is odd may have what the new layout does not keep."""
    one, other = (expectation.mapping.targets(place, entry) for entry in (stored, have))
    return one == other


def _since(record: Record, expectation: Expectation) -> Iterable[Finding | None]:
    """What clients did while later Workers were deployed: the Worker before reads only the old layout."""
    back: dict[Place, list[Wanted]] = {}
    for place, stored in record.final.items():
        if record.migration.rule_for(*place) is not None:
            for one in expectation.mapping.targets(place, stored) or ():
                back.setdefault(place_of(one), []).append(one)
    is_comparable = not any(rule.is_changed for rule in record.migration.clients)
    lost, older, again = list[Place](), list[Place](), list[Place]()
    for place, want in expectation.wants.items():
        have = back.get(place, [])
        if want.changed is not None and want.lives(record.ended, LAST_MINUTE):
            if not have:
                lost.append(place)
            elif is_comparable and not any(
                is_as_wanted(meaning_of(one, its), stored_as(its))
                for one in want.allowed
                if one
                for its in have
            ):
                older.append(place)
        elif want.gone is not None and want.is_gone() and have:
            again.append(place)
    yield damage(
        expectation, "written-since", "{n} entr{ies} that clients wrote {are} not in the old layout", lost
    )
    yield damage(
        expectation,
        "written-since-changed",
        "{n} entr{ies} that clients wrote {are} in the old layout, but not as they wrote {them}",
        older,
    )
    yield damage(
        expectation, "resurrected", "{n} entr{ies} that a client deleted {are} in the old layout again", again
    )


def _is_older(expectation: Expectation, place: Place) -> bool:
    """Whether something newer was in the new layout: from the beginning, or since a client wrote it."""
    start = expectation.record.start
    return any(
        expectation.wants[target].changed is not None or (target in start and target != place)
        for target in expectation.originals.get(place, ())
    )
