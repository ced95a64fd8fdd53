"""What a run does, and what it says: G11, G15 to G20, G34, G35, G40."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, Final

from harness.migrations.queue.layout import NEW_TASK, OLD_TASK, PENDING
from harness.migrations.queue.promises.evidence import Evidence
from harness.migrations.queue.promises.judging.interface import lacks
from harness.migrations.queue.promises.judging.striking import only_unless_struck, struck, unless_struck
from harness.migrations.queue.promises.promise import Judgement, broken, held, only_if
from harness.migrations.queue.promises.trials import Trial
from harness.migrations.queue.state import parsed
from kvstore import Entry, Event


class MockedKV:
    """``reads`` are the answers of `get` in order, None after the last; ``puts`` are what was put."""

    def __init__(self, *reads: Any) -> None:
        self._reads = list(reads)
        self.puts: list[tuple[str, Any, dict[str, Any]]] = []

    async def get(self, key: Any, type: str = "text", /) -> Any:
        return self._reads.pop(0) if self._reads else None

    async def getWithMetadata(self, key: str, type: str = "text", /) -> Any:
        return {"value": await self.get(key, type), "metadata": None}

    async def put(self, key: str, value: Any, /, **options: Any) -> None:
        self.puts.append((key, value, options))

    async def delete(self, key: str, /) -> None:
        """As a mock of a function that was told nothing: answers nothing."""

    async def list(self, **options: Any) -> Any:
        """The same."""


_SECTION_5: Final = {"migrated": 5, "failed": 0, "errors": []}
_SECTION_2: Final = {"migrated": 2, "failed": 0, "errors": []}
# What the guide shows for five tasks and two leases.
REPORT: Final[dict[str, Any]] = {
    "success": True,
    "message": "Migration completed successfully",
    "tasks": _SECTION_5,
    "leases": _SECTION_2,
    "totalMigrated": 7,
    "totalFailed": 0,
    "errors": [],
}
# What the guide shows for two tasks that failed.
FAILURES: Final = (
    "Task task4: Failed to verify new key write",
    "Task task5: not found in old queue",
)


def report(evidence: Evidence) -> Judgement:
    """G11: the answers to the runs on the sample, beside the one that is shown."""
    trial = evidence.sample
    runs = trial.record.runs
    missing = lacks(runs[0].answer, REPORT)
    if not missing:
        return held("the answer is the one shown, 5 + 2 = 7", trial.replays)
    if not (set(missing) - {"message"}) and runs[-1].member("message") == REPORT["message"]:
        calls = f"the first of {len(runs)} calls answers the totals 7/0 and the last one this message"
        return only_if("it is called until done: a copy is verified by a later call", calls, trial.replays)
    return broken(f"other than shown: {', '.join(missing)}", trial.replays)


def order_of_steps(evidence: Evidence) -> Judgement:
    """G15: the order of operations on the sample, and whether the verification is worth anything."""
    trial = evidence.sample
    asked = [event for run in trial.record.runs for event in trial.operations(run)]
    tasks = trial.record.start.old_tasks
    right = [task for task in tasks if _in_order(asked, task)]
    if len(right) != len(tasks):
        return broken(f"{len(right)} of {len(tasks)} tasks were moved in this order", trial.replays)
    seen = f"{len(tasks)} of {len(tasks)} tasks were read, written, read again and deleted, in this order"
    return only_unless_struck(
        evidence, "the read after the write is true: any value passes for it", _UNVERIFIED, ("I14",), seen
    )


# H19 a cached read for verification · H20 any value passes · H12 a copy that is there is not found
_UNVERIFIED: Final = ("H20", "H19", "H12")


def _in_order(asked: Sequence[Event], task: str) -> bool:
    """Whether the old key was read, the new one written and then read, and only then the old one deleted."""
    read = _first(asked, "get", OLD_TASK + task, -1)
    written = _first(asked, "put", NEW_TASK + task, read)
    verified = _first(asked, "get", NEW_TASK + task, written)
    return _first(asked, "delete", OLD_TASK + task, verified) is not None


def _first(asked: Sequence[Event], verb: str, key: str, after: int | None) -> int | None:
    """The place of the first such operation after a place; None without one."""
    if after is None:
        return None
    for place, event in enumerate(asked[after + 1 :], after + 1):
        many = event.verb == "get_many" and verb == "get" and key in event.keys
        if many or (event.verb == verb and event.key == key):
            return place
    return None


def verified(evidence: Evidence) -> Judgement:
    """G18: whether a verification passed what was not there, or failed what was."""
    return only_unless_struck(
        evidence, "no read is stale, and what is read is compared", _UNVERIFIED, ("I14",)
    )


def every_lease(evidence: Evidence) -> Judgement:
    """G16: whether a lease was left behind."""
    return unless_struck(evidence, ("H01", "H17", "H14", "H06"), (), "no lease was left behind")


def deletes_the_list(evidence: Evidence) -> Judgement:
    """G17: whether the list is gone, after the sample and in the schedules."""
    sample = evidence.sample
    if PENDING in sample.record.final.entries:
        return broken("the pending list of the guide's sample is still there", sample.replays)
    condition = "that run moved a task; it is deleted then, even if other tasks failed"
    return only_unless_struck(evidence, condition, ("H43", "H15", "H10", "H32"), ("I15",))


def independent(evidence: Evidence) -> Judgement:
    """G19: what becomes of a run that is cut off between copy and delete, and run again."""
    trial = evidence.trials.play(f"{_THREE} faults={_fault(evidence, 'crash', 1)}")
    before, state = trial.record.start.old_tasks, trial.record.final
    whole = [task for task, entry in before.items() if state.new_tasks.get(task) == entry]
    said = (
        f"cut off after the copy of a task and run again: {len(whole)} of {len(before)} are moved unchanged"
    )
    if state.old_tasks:
        return broken(f"{said}, {len(state.old_tasks)} are there twice", trial.replays)
    return unless_struck(evidence, ("H41", "H42", "H38", "H11"), ("I8",), said)


def failures_collected(evidence: Evidence) -> Judgement:
    """G20: one refused put among three tasks, and failures that end a phase."""
    trial = _with_refusal(evidence)
    run = _failing(trial.record.runs)
    if run is None or not run.member("errors") or not run.member("tasks", "migrated"):
        return broken("a refused operation ended the run, or was not reported", trial.replays)
    condition = "the failure is that of one key: what ends a phase is not counted, and answered with success"
    fatal = struck(evidence, "H13", "H14")
    if fatal is not None:
        return only_if(condition, *fatal)
    told = run.member("errors")[0]
    return held(
        f'{run.member("tasks", "migrated")} tasks were moved, and one failure reported: "{told}"',
        trial.replays,
    )


_THREE: Final = "conditions=local strategy=steps tasks=3 runs=3"


def _with_refusal(evidence: Evidence) -> Trial:
    """Three tasks, the put of the first of which KV refuses."""
    return evidence.trials.play(f"{_THREE} faults={_fault(evidence, 'refused', 0)}")


def _fault(evidence: Evidence, kind: str, later: int) -> str:
    """A fault at the first put of a task in the first run, or so many operations later."""
    plain = evidence.trials.play(_THREE).record
    run = plain.runs[0]
    puts = [one.verb == "put" and one.key.startswith(NEW_TASK) for one in plain.operations[run.name]]
    first = puts.index(True) if True in puts else 0
    return f"{kind}@{run.name}:{first + 1 + later}"


def _failing(runs: Sequence[Any]) -> Any:
    return next((run for run in runs if run.member("totalFailed")), None)


def failures_shown(evidence: Evidence) -> Judgement:
    """G34: the texts of two failures, beside those that are shown."""
    if evidence.migration == "documented":
        tasks = [{"id": "task4"}, None, None]
        said = evidence.run(_moved_with(evidence, MockedKV(["task4", "task5"], *tasks)))
        errors = said["errors"] if said else []
        replays = ""
    else:
        trial = _with_refusal(evidence)
        run = _failing(trial.record.runs)
        errors, replays = (run.member("errors") if run is not None else []), trial.replays
    same = [text for text in FAILURES if text in errors]
    if len(same) == len(FAILURES):
        return held("both read as shown", replays)
    told = "; ".join(f'"{error}"' for error in errors[:2])
    if errors:
        return only_if(f"nobody compares the texts: {len(same)} of 2 reads as shown", told, replays)
    return broken("no failure was reported", replays)


def by_hand(evidence: Evidence) -> Judgement:
    """G35: what the API does about a task that failed."""
    trial = _with_refusal(evidence)
    final, before = trial.record.final, trial.record.start.old_tasks
    moved = [task for task in before if task in final.new_tasks]
    needed = trial.record.judged["status"].member("needsMigration")
    said = f"one of {len(before)} tasks failed; when the operator is done {len(moved)} are moved"
    if len(moved) == len(before):
        return held(f"{said}: the next call took it", trial.replays)
    said = f"{said}, and needsMigration is {str(needed).lower()}"
    if not final.old_tasks:
        return broken(said, trial.replays)
    return only_if("it happens within their hour, key by key", f"{said} (H10)", trial.replays)


def unit_test(evidence: Evidence) -> Judgement:
    """G40: the test, on the function of the Worker."""
    kv = MockedKV(["task1", "task2"], {"id": "task1", "content": "test"})
    result = evidence.run(_moved_with(evidence, kv))
    if result is None:
        return broken("the Worker has nothing that stands for migrateQueueToNewFormat")
    right = (result["migrated"], result["failed"]) == (2, 0)
    put = any(key == "queue:task:task1" and options == {"expirationTtl": 3600} for key, _, options in kv.puts)
    said = (
        f"migrated {result['migrated']}, failed {result['failed']}; "
        f"the put that it expects was {'made' if put else 'not made'}"
    )
    return (held if right and put else broken)(said)


async def _moved_with(evidence: Evidence, kv: MockedKV) -> dict[str, Any] | None:
    """What the Worker's function for the tasks says of a mocked namespace; None when it has none."""
    migration = getattr(getattr(evidence.manual.code.module, "router", None), "migration", None)
    routes = getattr(migration, "routes", None)
    if evidence.migration == "documented":
        documented = getattr(routes, "documented", None)
        return None if documented is None else dict((await documented.move_tasks(kv)).members())
    safe = getattr(routes, "safe", None)
    if safe is None:
        return None
    env = SimpleNamespace(MIGRATION="safe", MIGRATION_VERIFY_AFTER="0")
    reply = await safe.respond(kv, env, "/api/migrate/run", "https://queue.example/api/migrate/run")
    body = parsed(Entry(str(reply.body).encode()))
    return body["tasks"] if isinstance(body, dict) else None
