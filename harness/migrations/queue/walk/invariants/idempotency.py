"""I11 Idempotency: a second run changes nothing, and says so."""

from harness.migrations.queue.walk.outcome import Outcome
from harness.verdict import Finding, Verdict, finding, verdict

_TITLE = "Idempotency: a second run changes nothing and reports zero"


def idempotency(outcome: Outcome) -> Verdict:
    if not outcome.finished:
        # There is more to do, and a second run does it.
        return verdict("I11", _TITLE, [], looked=0, at="finished migration")
    rerun = outcome.rerun
    before, after = rerun.before.entries, rerun.after.entries
    changed = [key for key in sorted(before.keys() | after.keys()) if before.get(key) != after.get(key)]
    report = rerun.report
    moved = report.member("totalMigrated") or report.member("tasks", "migrated")
    failed = report.member("totalFailed") or report.member("tasks", "failed")
    dishonest = report.status != 200 or report.member("success") is not True or moved or failed
    says = f"a second run answers {report.status}, migrated {moved or 0}, failed {failed or 0}"
    return verdict(
        "I11",
        _TITLE,
        [
            finding("{n} key{s} change{es} when the migration is run again", changed, "H04", "H41"),
            Finding(says, (), ("H04", "H43")) if dishonest else None,
        ],
        looked=1,
        at="finished migration",
    )
