"""I12 Crash closure: what crashes and failures interrupted ends, run again, as if nothing had happened."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from harness.migrations.queue.comparisons.outcome import differences, is_quiet
from harness.migrations.queue.simulation.record import Record
from harness.migrations.queue.simulation.scenario import Scenario
from harness.model.verdict import Verdict, verdict


def reference(scenario: Scenario) -> Scenario | None:
    """The same without faults; None when there are none, or when others are at work."""
    return replace(scenario, faults=()) if scenario.faults and is_quiet(scenario) else None


def crash_closure(record: Record, found: Sequence[Verdict], reference: Callable[[], Record]) -> Verdict:
    return verdict(
        "I12",
        "Crash closure: an interrupted migration, run again, ends like one that was not",
        # Planned faults that never happened changed nothing.
        differences(record, reference()) if record.fired else [],
        looked=len(record.fired),
        at="faults that happened",
    )
