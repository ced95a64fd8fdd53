"""Conservation: no entry that lives is ever stored nowhere, and none is lost at the end."""

from collections.abc import Iterable

from harness.model.evidence import damage
from harness.model.expectation import Expectation, soon_over
from harness.model.record import Place, Record
from harness.model.verdict import Finding

TITLE = "Conservation: no entry that lives is ever without a key"
AT = "entries that move"


def judged(record: Record, expectation: Expectation) -> int:
    return len(expectation.wants) + len(expectation.immovable)


def check(record: Record, expectation: Expectation) -> Iterable[Finding | None]:
    lost = (
        []
        if record.rolled is not None
        else [one.place for one in expectation.wrong if is_lost(expectation, one.place)]
    )
    yield damage(expectation, "lost", "{n} entr{ies} {are} stored nowhere at the end", lost)
    bare = [place for _, place in expectation.bare if place not in lost]
    yield damage(expectation, "nowhere-for-a-while", "{n} entr{ies} {were} stored nowhere for a while", bare)
    gone = [
        place for place, stored in expectation.immovable.items() if not _is_kept(record, place, stored.value)
    ]
    yield damage(
        expectation,
        "immovable-changed",
        "{n} entr{ies} that cannot be moved {are} not kept as {they} {were}",
        gone,
    )


def is_lost(expectation: Expectation, place: Place) -> bool:
    """Whether an entry that lives is in neither layout at the end."""
    want, final = expectation.wants[place], expectation.record.final
    return (
        want.lives(expectation.record.ended)
        and place not in final
        and not expectation.covers(final, place, want)
    )


def _is_kept(record: Record, place: Place, value: bytes) -> bool:
    """Whether a value that cannot be moved is where it was, or in one of the migration's notes."""
    if place in record.final:
        return record.final[place].value == value
    if soon_over(record.start.get(place), record.ended):
        return True
    return any(record.migration.is_note(*at) and one.value == value for at, one in record.final.items())
