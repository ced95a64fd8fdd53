"""I26 Staleness tolerance: I1 to I9 hold however late reads and listings are."""

from dataclasses import replace

from harness.simulation.checkers import judge
from harness.simulation.record import Record
from harness.simulation.scenario import Scenario
from harness.verdict import Verdict, verdict

_TOLERANT = tuple(f"I{number}" for number in range(1, 10))


def reference(scenario: Scenario) -> Scenario | None:
    """The same where everybody sees everything at once; None when it is so already."""
    return None if scenario.platform.staleness is None else replace(scenario, conditions="local")


def staleness_tolerance(record: Record, reference: Record) -> Verdict:
    held = {one.invariant for one in judge(reference) if one.held}
    findings = [
        replace(found, what=f"{one.invariant} is violated only where reads are late: {found.what}")
        for one in judge(record)
        if one.invariant in _TOLERANT and one.invariant in held
        for found in one.findings
    ]
    title = "Staleness tolerance: I1 to I9 hold however late reads and listings are"
    return verdict("I26", title, findings)
