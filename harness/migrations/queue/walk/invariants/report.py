"""I16 Honest report: what the run says of itself agrees with itself and with what it did."""

from typing import Any

from harness import Call
from harness.migrations.queue.state import QueueState
from harness.migrations.queue.walk.outcome import Outcome, Run
from harness.verdict import Finding, Verdict, finding, verdict

_MEMBERS = ("success", "message", "tasks", "leases", "totalMigrated", "totalFailed", "errors")
_SECTIONS = ("tasks", "leases")


def honest_report(outcome: Outcome) -> Verdict:
    return verdict(
        "I16",
        "Honest report: the answer of the run is complete and true",
        [
            finding("{n} member{s} {are} missing from the answer", _missing(outcome.runs[0].report), "H18"),
            finding(
                "{n} member{s} {are} missing from the answer of a second run",
                _missing(outcome.rerun.report),
                "H18",
            ),
            *(_success(one.report) for one in outcome.runs),
            *(_counts(one.report) for one in outcome.runs),
            *(_truth(one) for one in outcome.runs),
            _false_failures(outcome),
        ],
        looked=len(outcome.runs),
        at="runs",
    )


def _missing(run: Call) -> list[str]:
    return [name for name in _MEMBERS if not isinstance(run.answer, dict) or name not in run.answer]


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _errors(run: Call) -> list[str]:
    errors = run.member("errors")
    return [str(error) for error in errors] if isinstance(errors, list) else []


def _success(run: Call) -> Finding | None:
    clean = not _number(run.member("totalFailed")) and not _errors(run)
    success = run.member("success")
    if success is clean and (run.status == 200) is clean:
        return None
    errors = f"{len(_errors(run))} errors" + (f", the first: {_errors(run)[0]}" if _errors(run) else "")
    return Finding(f"status {run.status} and success {success} with {errors}", (), ("H13", "H14"))


def _counts(run: Call) -> Finding | None:
    for section in _SECTIONS:
        failed, errors = run.member(section, "failed"), run.member(section, "errors")
        if isinstance(errors, list) and failed != len(errors):
            return Finding(f"{section}.failed is {failed}, but {len(errors)} errors are listed", (), ("H13",))
    parts = sum(_number(run.member(section, "migrated")) for section in _SECTIONS)
    total = run.member("totalMigrated")
    if total is not None and total != parts:
        return Finding(f"totalMigrated is {total}, the sections add up to {parts}")
    return None


def _truth(run: Run) -> Finding | None:
    if run.report.status not in (200, 207):
        return None  # no report to be honest in
    claimed = _number(run.report.member("tasks", "migrated"))
    arrived = len(_arrived(run.before, run.after))
    if claimed == arrived:
        return None
    return Finding(f"tasks.migrated is {claimed:,}, but {arrived:,} tasks arrived in the new format")


def _arrived(before: QueueState, after: QueueState) -> list[str]:
    return [task for task in after.new_tasks if task not in before.new_tasks]


def _false_failures(outcome: Outcome) -> Finding | None:
    """Failures that are none: nothing was there to move, or it was moved already."""
    said = set(_errors(outcome.runs[0].report))
    suspects = dict.fromkeys((*outcome.before.dangling, *outcome.before.duplicates))
    return finding(
        "{n} reported failure{s} {are} none: nothing is there to move for a dangling or repeated id",
        [task for task in suspects if f"Task {task}: not found in old queue" in said],
        "H30",
        "H31",
    )
