"""I26 Staleness tolerance: I1 to I9 hold however late reads and listings are."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from harness.simulation.checkers import CHECKERS, judge
from harness.simulation.record import Record
from harness.simulation.scenario import Scenario
from harness.verdict import Verdict, verdict

# I1 to I9.
_TOLERANT = CHECKERS[:9]


def reference(scenario: Scenario) -> Scenario | None:
    """The same where everybody sees everything at once; None when it is so already."""
    return None if scenario.platform.staleness is None else replace(scenario, conditions="local")


def staleness_tolerance(record: Record, found: Sequence[Verdict], reference: Callable[[], Record]) -> Verdict:
    broken = [one for one in found[: len(_TOLERANT)] if not one.held]
    held = {one.invariant for one in judge(reference(), _TOLERANT) if one.held} if broken else set()
    findings = [
        replace(finding, what=f"{one.invariant} is violated only where reads are late: {finding.what}")
        for one in broken
        if one.invariant in held
        for finding in one.findings
    ]
    title = "Staleness tolerance: I1 to I9 hold however late reads and listings are"
    return verdict("I26", title, findings)
