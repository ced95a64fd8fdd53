"""Conservation: no entry that lives is ever stored nowhere, and none is lost at the end."""

from collections.abc import Iterable

from harness.model.evidence import damage
from harness.model.record import Place, Record
from harness.model.truth import Truth, soon_over
from harness.verdict import Finding

TITLE = "Conservation: no entry that lives is ever without a key"
AT = "entries that move"


def looked(record: Record, truth: Truth) -> int:
    return len(truth.wants) + len(truth.immovable)


def check(record: Record, truth: Truth) -> Iterable[Finding | None]:
    lost = (
        [] if record.rolled is not None else [one.place for one in truth.wrong if is_lost(truth, one.place)]
    )
    yield damage(truth, "lost", "{n} entr{ies} {are} stored nowhere at the end", lost)
    bare = [place for _, place in truth.bare if place not in lost]
    yield damage(truth, "nowhere-for-a-while", "{n} entr{ies} {were} stored nowhere for a while", bare)
    gone = [place for place, stored in truth.immovable.items() if not _is_kept(record, place, stored.value)]
    yield damage(
        truth, "immovable-changed", "{n} entr{ies} that cannot be moved {are} not kept as {they} {were}", gone
    )


def is_lost(truth: Truth, place: Place) -> bool:
    """Whether an entry that lives is in neither layout at the end."""
    want, final = truth.wants[place], truth.record.final
    return want.lives(truth.record.ended) and place not in final and not truth.covers(final, place, want)


def _is_kept(record: Record, place: Place, value: bytes) -> bool:
    """Whether a value that cannot be moved is where it was, or in one of the migration's notes."""
    if place in record.final:
        return record.final[place].value == value
    if soon_over(record.start.get(place), record.ended):
        return True
    return any(record.migration.is_note(*at) and one.value == value for at, one in record.final.items())
