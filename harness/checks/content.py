"""Content: what is in the new layout is what the old entry becomes, value and metadata."""

from collections.abc import Iterable

from harness.model.evidence import damage
from harness.model.expectation import Expectation
from harness.model.record import Record
from harness.model.sameness import has_value, same
from harness.model.verdict import Finding
from harness.model.want import Wrong

TITLE = "Content: value and metadata are what the old entry becomes"
AT = "entries that are in the new layout"
UNLESS_ROLLED_BACK = True


def judged(record: Record, expectation: Expectation) -> int:
    return sum(place in record.final for place in expectation.wants)


def check(record: Record, expectation: Expectation) -> Iterable[Finding | None]:
    values = [one.place for one in expectation.changed if not _has_value(one)]
    yield damage(
        expectation, "value-changed", "the value of {n} entr{ies} is not what it must become", values
    )
    other = [one for one in expectation.changed if not _has_metadata(one)]
    lost = [one.place for one in other if one.have is not None and one.have.metadata is None]
    yield damage(expectation, "metadata-lost", "the metadata of {n} entr{ies} is lost", lost)
    wrong = [one.place for one in other if one.place not in lost]
    yield damage(
        expectation, "metadata-changed", "the metadata of {n} entr{ies} is not what it must become", wrong
    )


def _has_value(one: Wrong) -> bool:
    have = one.have
    return have is not None and any(wanted and has_value(wanted, have.value) for wanted in one.want.allowed)


def _has_metadata(one: Wrong) -> bool:
    have = one.have
    return have is not None and any(
        wanted and same(wanted.metadata, have.metadata) for wanted in one.want.allowed
    )
