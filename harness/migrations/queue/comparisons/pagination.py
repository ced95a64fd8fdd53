"""I23 Pagination: however few keys a listing gives at a time, the result is the same."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from harness.migrations.queue.comparisons.outcome import differences, is_quiet
from harness.migrations.queue.simulation.record import Record
from harness.migrations.queue.simulation.scenario import Scenario
from harness.model.verdict import Verdict, verdict

# As many keys as the product gives in one page.
_PAGE = 1000


def reference(scenario: Scenario) -> Scenario | None:
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
