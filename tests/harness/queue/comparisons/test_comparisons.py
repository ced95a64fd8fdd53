"""Two simulations are compared: one, and what should have come of it."""

import pytest

from harness.migrations.queue.checkers import judge
from harness.migrations.queue.comparisons import COMPARISONS
from harness.migrations.queue.simulation.record import Record
from harness.migrations.queue.simulation.scenario import Scenario
from harness.model.verdict import Verdict
from tests.harness.queue.simulation.runs import run

SAFE = "migration=safe strategy=zero-downtime"


def compared(invariant: str, line: str) -> Verdict | None:
    """The verdict on a scenario and its reference; None where there is nothing to compare."""
    [comparison] = [one for one in COMPARISONS if one.invariant == invariant]
    reference = comparison.reference(Scenario.read(line))
    record = run(line)
    return None if reference is None else comparison.judge(record, judge(record), lambda: run(str(reference)))


def test_a_crash_leaves_nothing_behind_in_the_safe_migration() -> None:
    for operation in range(1, 26, 3):
        line = f"conditions=local {SAFE} tasks=3 leases=1 faults=crash@operator-1.2:{operation}"
        verdict = compared("I12", line)
        assert verdict is not None
        assert verdict.held, verdict.findings


def test_a_crash_before_the_end_of_the_documented_one_leaves_the_pending_list() -> None:
    verdict = compared("I12", "conditions=local tasks=2 runs=3 faults=crash@operator-1.2:11")
    assert verdict is not None
    [left] = verdict.findings
    assert left.what == "1 key is there that should not be"
    assert left.keys == ("orchestrator:pending",)


def test_small_pages_make_no_difference_to_the_safe_migration() -> None:
    verdict = compared("I23", f"conditions=local {SAFE} tasks=4 leases=3 page=1")
    assert verdict is not None
    assert verdict.held, verdict.findings


@pytest.mark.parametrize("invariant", ["I12", "I23"])
def test_a_list_that_names_what_ended_since_is_like_one_that_was_made_later(invariant: str) -> None:
    people = f"seed=4554 conditions=local {SAFE} claims=coordinator rollback=after runs=1"
    fault = "faults=timeout@operator-1.2:16"
    verdict = compared(invariant, f"{people} tasks=4 leases=4 odd=soon page=2 empty=1 {fault}")
    assert verdict is not None
    assert verdict.held, verdict.findings


def test_a_list_that_names_what_was_completed_is_like_one_without_it() -> None:
    people = f"seed=74373722 conditions=hostile {SAFE} claims=coordinator rollback=after runs=1"
    verdict = compared("I23", f"{people} odd=both-behind+unlisted,done page=2")
    assert verdict is not None
    assert verdict.held, verdict.findings


def test_the_documented_migration_moves_the_leases_of_the_first_page() -> None:
    verdict = compared("I23", "conditions=local tasks=4 leases=3 page=1")
    assert verdict is not None
    assert {key for one in verdict.findings for key in one.keys} >= {"orchestrator:lease:slack_001"}


def test_late_reads_alone_break_nothing_in_the_safe_migration() -> None:
    verdict = compared("I26", f"{SAFE} tasks=3 leases=2")
    assert verdict is not None
    assert verdict.held
    assert compared("I26", "conditions=local tasks=3") is None


def test_findings_that_need_stale_reads_are_told_apart() -> None:
    lines = (f"seed={seed} tasks=1 colos=3 daemons=3 polls=3 strategy=steps" for seed in range(1, 200))
    verdicts = (compared("I26", line) for line in lines)
    late = next(verdict for verdict in verdicts if verdict is not None and not verdict.held)
    assert " is violated only where reads are late: " in late.findings[0].what


@pytest.mark.parametrize(
    ("invariant", "line"),
    [
        ("I12", "conditions=local tasks=2 faults=crash@operator-9.9:1"),
        ("I23", f"conditions=local {SAFE} tasks=4 page=100"),
        ("I26", f"{SAFE} tasks=3 leases=2"),
    ],
)
def test_a_comparison_that_cannot_differ_simulates_nothing(invariant: str, line: str) -> None:
    def simulated() -> Record:
        pytest.fail("nobody needs this")

    record = run(line)
    [comparison] = [one for one in COMPARISONS if one.invariant == invariant]
    assert comparison.judge(record, judge(record), simulated).held


def test_there_is_nothing_to_compare_where_others_are_at_work() -> None:
    assert compared("I12", "daemons=1 faults=crash@operator-1.2:3") is None
    assert compared("I12", "tasks=1") is None
    assert compared("I23", "page=1 producers=1") is None
