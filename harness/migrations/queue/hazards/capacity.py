"""H01 to H08: pages, budgets and quotas. What does not fit into one listing, one invocation or one day."""

from harness import Call
from harness.migrations.queue.hazards.case import Detector, Diagnosis, argued
from harness.migrations.queue.hazards.run import Earlier, Run, page_size, ran_out, runs
from harness.migrations.queue.layout import NEW_TASK, OLD_LEASE, PENDING
from harness.migrations.queue.simulation import timeline
from harness.migrations.queue.simulation.record import Record
from harness.migrations.queue.state import QueueState
from harness.model.log import chosen
from kvstore.messages import DAY_IS_OVER, TOO_MANY_OPERATIONS

# The pessimistic reading of the product's pages, which a small queue exceeds already.
SMALL_BUDGET = 50
_LATE_MS = 61_000
_USED_UP = {"get": "reads", "get_many": "reads", "put": "writes", "delete": "deletes", "scan": "listings"}


def one_page_of_leases(record: Record) -> Diagnosis | None:
    """H01: a run reads one page of the old leases, and deletes the list that leads back to the rest."""
    for run in runs(record):
        read = [op.key for op in chosen(run.operations, OLD_LEASE, verb="get")]
        scans = [op for op in chosen(run.operations, OLD_LEASE, verb="scan") if op.key == OLD_LEASE]
        if len(scans) != 1 or len(read) < page_size(record) or PENDING in run.after.entries:
            continue
        seen = set(read)
        left = [task for task in run.stranded_leases() if OLD_LEASE + task not in seen]
        if left:
            what = (
                f"{{n}} lease{{s}} beyond the first page of {page_size(record)} stayed in the old format, "
                "and no run will come for the rest: held tasks look free"
            )
            return argued("H01", what, left, run.evidence(*scans, run.end_of_list), "I2", "I9")
    return None


def one_page_of_tasks(record: Record) -> Diagnosis | None:
    """H02: a listing or a rollback in the new format ends with the first page."""
    listings = [call for call in record.to("GET", "/api/queue") if call.name in record.around]
    for call, state in [*((one, record.around[one.name][1]) for one in listings), _last_listing(record)]:
        shown = call.member("pending")
        hidden = _beyond(record, call, state, shown) if isinstance(shown, list) else []
        if hidden:
            what = f"{{n}} task{{s}} {{are}} not shown: the listing ends after {len(shown)}"
            return argued("H02", what, hidden, [timeline.of_call(call)], "I3", "I23")
    for call in record.to("POST", "/api/migrate/rollback"):
        deleted = [
            op.key.removeprefix(NEW_TASK)
            for op in record.operations.get(call.name, [])
            if op.verb == "delete" and op.key.startswith(NEW_TASK)
        ]
        left = _beyond(record, call, record.around[call.name][1], deleted)
        if left and call.status == 200 and call.member("done") is not False:
            what = f"{{n}} task{{s}} {{are}} still in the new format: the rollback ended after {len(deleted)}"
            return argued("H02", what, left, [timeline.of_call(call)], "I23", "I24")
    return None


def _last_listing(record: Record) -> tuple[Call, QueueState]:
    return record.judged["listing"], record.final


def _beyond(record: Record, call: Call, state: QueueState, shown: list[str]) -> list[str]:
    """Tasks after a full page, which were there long enough for every listing."""
    scans = [op for op in record.operations.get(call.name, []) if op.verb == "scan" and op.key == NEW_TASK]
    if call.stage == "dual" or len(scans) > 1 or len(shown) != page_size(record):
        return []
    last = str(shown[-1]).encode()
    beyond = [task for task in state.new_tasks if task.encode() > last]
    if not beyond:
        return []
    recent = {event.key for event in record.writes if event.at > call.sent - _LATE_MS}
    return [task for task in beyond if NEW_TASK + task not in recent]


def out_of_operations(record: Record) -> Diagnosis | None:
    """H03: the budget ends among the tasks, and all that are left are called failures."""
    for run in runs(record):
        refused = _refused(run)
        if refused:
            what = (
                f"{{n}} task{{s}} that nothing is wrong with {{were}} reported as failed: the run had spent "
                f"its {record.scenario.platform.allowance.operations} operations with {len(run.moved)} moved"
            )
            return argued("H03", what, refused, run.evidence(run.spent), "I16", "I18")
    return None


def _refused(run: Run) -> list[str]:
    if run.spent is None:
        return []
    return [
        one.task
        for one in run.attempts
        if ran_out(one.refusal) and run.reported(one.task, TOO_MANY_OPERATIONS)
    ]


def moved_before(record: Record) -> Diagnosis | None:
    """H04: a run counts as failed what an earlier one has moved."""
    moved = Earlier()
    for run in runs(record):
        again = [
            one.task
            for one in run.attempts
            if one.missing
            and (earlier := moved.of(one.task)) is not None
            and earlier.call.answered < run.call.sent
            and run.reported(one.task, "not found")
        ]
        if again:
            first = moved.of(again[0])
            assert first is not None, "it moved the task"
            evidence = [*first.moved[again[0]].moments, *run.evidence()]
            what = "{n} task{s} that an earlier run had moved {were} reported as failed"
            return argued("H04", what, again, evidence, "I11", "I16")
        moved.add(run)
    return None


def no_progress(record: Record) -> Diagnosis | None:
    """H05: the ids of what was moved use up the budget, so that no later run gets any further."""
    moved = Earlier()
    unfinished: Run | None = None
    for run in runs(record, last=True):
        if moved and run.call.member("tasks", "migrated") == 0 and not run.says_missing:
            listed = run.after.pending_ids
            left = [task for task in dict.fromkeys(listed) if task in run.after.old_tasks]
            passed = [task for task in dict.fromkeys(listed) if moved.of(task)]
            if run.ran_out and left and passed and not run.refused_otherwise:
                what = (
                    f"{{n}} task{{s}} will never move: the ids of the {len(passed)} moved ones use up the "
                    "operations of every run"
                )
                return argued("H05", what, left, run.evidence(run.spent), "I18", "I19")
            if unfinished is not None and passed and not left:
                what = (
                    "the list of {n} moved task{s} is never deleted: the run that moved the last had no "
                    "operation left"
                )
                return argued(
                    "H05",
                    what,
                    passed,
                    [*unfinished.evidence(unfinished.end_of_list), *run.evidence()],
                    "I19",
                )
        moved.add(run)
        if run.moved and ran_out(run.end_of_list):
            unfinished = run
    return None


def out_of_operations_for_leases(record: Record) -> Diagnosis | None:
    """H06: the budget ends among the leases, when the pending list is gone."""
    for run in runs(record):
        spent = run.spent
        if spent is None or not run.deleted_list or PENDING in run.after.entries:
            continue
        left = run.stranded_leases()
        if left:
            what = (
                "{n} running task{s} lost {their} lease: the pending list was deleted, the budget ended "
                "before the leases were moved, and no later run is needed"
            )
            return argued("H06", what, left, run.evidence(run.end_of_list, spent), "I9", "I18")
    return None


def small_budget(record: Record) -> Diagnosis | None:
    """H07: a budget of 50 is spent by a dozen tasks."""
    budget = record.scenario.platform.allowance.operations
    if budget is None or budget > SMALL_BUDGET:
        return None
    for run in runs(record):
        refused = _refused(run)
        if refused and run.moved:
            what = (
                f"{{n}} task{{s}} did not fit into a run of {budget} operations, which moved {len(run.moved)}"
            )
            return argued("H07", what, refused, run.evidence(run.spent), "I18")
    return None


def day_used_up(record: Record) -> Diagnosis | None:
    """H08: the operations of the day are used up in the middle of a run."""
    for run in runs(record):
        refused = run.refused_for("daily-quota")
        if refused is None:
            continue
        left = [one.task for one in run.attempts if run.reported(one.task, DAY_IS_OVER)]
        if left and run.call.member("done") is not False:
            what = (
                f"{{n}} task{{s}} {{were}} reported as failed: the {_USED_UP[refused.verb]} of the day were "
                f"used up when {len(run.moved)} {'was' if len(run.moved) == 1 else 'were'} moved"
            )
            return argued("H08", what, left, run.evidence(refused), "I18")
    return None


CAPACITY: tuple[Detector, ...] = (
    one_page_of_leases,
    one_page_of_tasks,
    out_of_operations,
    moved_before,
    no_progress,
    out_of_operations_for_leases,
    small_budget,
    day_used_up,
)
