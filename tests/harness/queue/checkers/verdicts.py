"""What the judge says of a simulation, for tests."""

from harness.migrations.queue.checkers import judge
from harness.migrations.queue.simulation.record import Record
from harness.model.verdict import Finding, Verdict


def found(record: Record, invariant: str) -> tuple[Finding, ...]:
    """The findings about one invariant."""
    return of(record, invariant).findings


def of(record: Record, invariant: str) -> Verdict:
    return next(one for one in judge(record) if one.invariant == invariant)


def violated(record: Record) -> list[str]:
    """Every invariant that is violated, in order."""
    return [one.invariant for one in judge(record) if not one.held]
