"""I26 Staleness tolerance: I1 to I9 hold however late reads and listings are."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from harness.migrations.queue.checkers import judge
from harness.migrations.queue.simulation.record import Record
from harness.migrations.queue.simulation.scenario import Scenario
from harness.model.verdict import Verdict, verdict

_TITLE: Final = "Staleness tolerance: I1 to I9 hold however late reads and listings are"
_AT: Final = "operations"
_TOLERANT: Final = {f"I{number}" for number in range(1, 10)}


def reference(scenario: Scenario) -> Scenario | None:
    """The same where everybody sees everything at once; None when it is so already."""
    return None if scenario.platform.staleness is None else replace(scenario, conditions="local")


def staleness_tolerance(record: Record, found: Sequence[Verdict], reference: Callable[[], Record]) -> Verdict:
    broken = [one for one in found if one.invariant in _TOLERANT and not one.held]
    if not broken:
        return verdict("I26", _TITLE, [], looked=len(record.asked), at=_AT)
    in_time = judge(reference(), [one.invariant for one in broken])
    findings = [
        replace(finding, what=f"{late.invariant} is violated only where reads are late: {finding.what}")
        for late, other in zip(broken, in_time, strict=True)
        if other.held
        for finding in late.findings
    ]
    return verdict("I26", _TITLE, findings, looked=len(record.asked), at=_AT)
