"""The three comparisons: with which scenario a record is compared (`without_faults` …), and what follows."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from harness.migrations.queue.checkers import judge
from harness.migrations.queue.comparisons.outcome import differences, is_quiet
from harness.migrations.queue.simulation.record import Record
from harness.migrations.queue.simulation.scenario import Scenario
from harness.model.verdict import Verdict, verdict

# As many keys as the product gives in one page.
_PAGE = 1000
_TITLE: Final = "Staleness tolerance: I1 to I9 hold however late reads and listings are"
_AT: Final = "operations"
_TOLERANT: Final = {f"I{number}" for number in range(1, 10)}


def without_faults(scenario: Scenario) -> Scenario | None:
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


def with_whole_pages(scenario: Scenario) -> Scenario | None:
    """The same with the product's pages; None when it has them, or when others are at work."""
    smaller = scenario.page != _PAGE and is_quiet(scenario)
    return replace(scenario, page=_PAGE) if smaller else None


def pagination(record: Record, found: Sequence[Verdict], reference: Callable[[], Record]) -> Verdict:
    # No page was full: larger ones would have been the same.
    full = any(event.verb == "scan" and len(event.found) >= record.scenario.page for event in record.asked)
    return verdict(
        "I23",
        "Pagination: the result does not depend on the size of a page",
        differences(record, reference()) if full else [],
        looked=int(full),
        at="full page",
    )


def in_time(scenario: Scenario) -> Scenario | None:
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
