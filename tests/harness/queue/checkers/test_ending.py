"""What the end is judged by (I2, I3), on histories made by hand: is it one, and which tasks are over."""

import pytest

from harness.migrations.queue.checkers.completion import completion
from harness.migrations.queue.checkers.ending import is_migrated, is_over
from harness.migrations.queue.checkers.listing import listing
from harness.migrations.queue.layout import NEW_TASK, OLD_TASK, RESULT
from tests.harness.queue.checkers.histories import (
    DOCUMENTED,
    ROLLBACK,
    RUN,
    SAFE,
    History,
    said,
    stored,
    task,
)
from tests.harness.queue.simulation.runs import found, run

OLD, NEW, DONE = OLD_TASK + "t", NEW_TASK + "t", RESULT + "t"
RESULT_OF_T = "/api/result/t"


def history(line: str = SAFE, *, done: object = True, deployed: str = "new", **start: object) -> History:
    """A run from 100 to 200; then what is ``deployed``. ``start`` names the formats that have the task."""
    keys = {"old": OLD, "new": NEW}
    told = History(line, {keys[name]: task() for name in start})
    told.deploy(50, "dual")
    told.call("operator-1.1", RUN, 100, 200, answer={"done": done})
    told.deploy(200, deployed)
    return told


@pytest.mark.parametrize(
    ("line", "done", "deployed", "is_end"),
    [
        (SAFE, True, "new", True),
        (SAFE, False, "new", False),
        (SAFE, None, "new", False),
        (SAFE, True, "dual", False),
        (DOCUMENTED, None, "new", True),
        (DOCUMENTED, None, "old", False),
        # What a scenario plans says nothing of what happened.
        (f"{SAFE} rollback=late", True, "new", True),
    ],
)
def test_a_migration_has_ended_when_the_new_format_is_on_and_a_safe_run_says_so(
    line: str, done: object, deployed: str, is_end: bool
) -> None:
    assert is_migrated(history(line, done=done, deployed=deployed).record()) is is_end


@pytest.mark.parametrize("line", [SAFE, DOCUMENTED])
@pytest.mark.parametrize(("answered", "is_end"), [(150, True), (250, False)])
def test_a_task_rolled_back_later_does_not_count_as_migrated(line: str, answered: int, is_end: bool) -> None:
    one = history(line)
    one.call("operator-2.1", ROLLBACK, 120, answered, answer={"done": True})
    assert is_migrated(one.record()) is is_end


def test_a_documented_run_that_nobody_rolled_back_is_judged_whatever_was_planned() -> None:
    line = "migration=documented conditions=local tasks=1 odd=orphan at_once=run,list"
    for planned in ("", " rollback=after"):
        assert [finding.keys for finding in found(run(line + planned), "I2")] == [("slack_orphan",)]


def test_a_task_that_nobody_ever_sent_is_over() -> None:
    one = history()
    one.put(150, "operator-1.1", NEW, task())
    assert is_over(one.record(), "t")
    sent = history(old=True)
    sent.put(150, "operator-1.1", NEW, task())
    assert not is_over(sent.record(), "t")


def completed(name: str, second: float, by: str, told: History, *, status: int | None = 200) -> History:
    """``name`` posts a result, which a Worker of the format ``by`` stores."""
    told.call(name, RESULT_OF_T, second, second + 1, status=status, by=by)
    told.put(second, name, DONE, stored({"success": True}))
    return told


@pytest.mark.parametrize(("status", "over"), [(200, True), (500, False), (None, False)])
def test_a_task_is_over_when_somebody_was_told_that_it_is_completed(status: int | None, over: bool) -> None:
    one = completed("daemon-1.1", 60, "dual", history(new=True), status=status)
    assert is_over(one.record(), "t") is over


@pytest.mark.parametrize(("sent", "over"), [(59, True), (61, False)])
def test_a_task_that_is_sent_again_is_not_over(sent: int, over: bool) -> None:
    one = completed("daemon-1.1", 60, "dual", history(new=True))
    one.put(sent, "producer-1.1", NEW, task("again"))
    assert is_over(one.record(), "t") is over


@pytest.mark.parametrize(
    ("line", "by", "over"), [(SAFE, "old", False), (SAFE, "dual", True), (DOCUMENTED, "old", True)]
)
def test_an_old_worker_does_not_look_into_the_new_format(line: str, by: str, over: bool) -> None:
    """What was there before stays, and nobody answers for it; with the documented migration it does."""
    one = completed("daemon-1.1", 20, by, history(line, old=True, new=True))
    one.delete(20.5, "daemon-1.1", OLD)
    assert is_over(one.record(), "t") is over
    keys = [("t",)] if over else []
    assert [finding.keys for finding in completion(one.record()).findings] == keys
    assert [finding.keys for finding in listing(one.record()).findings] == keys


def test_a_task_completed_twice_is_gone_wherever_one_of_the_two_reads() -> None:
    one = completed("daemon-1.1", 20, "old", history(old=True, new=True))
    assert not is_over(one.record(), "t")
    assert is_over(completed("daemon-2.1", 80, "dual", one).record(), "t")


@pytest.mark.parametrize(
    ("second", "by", "over"),
    [(10, "operator-1.1", True), (10, "daemon-2.1", False), (150, "daemon-2.1", True)],
)
def test_copies_after_a_completion_belong_to_who_wrote_them(second: float, by: str, over: bool) -> None:
    one = completed("daemon-1.1", 20, "old", history(old=True, new=True))
    one.put(second, by, NEW, task("work, begun"))
    assert is_over(one.record(), "t") is over


def test_a_result_that_was_promised_and_never_stored_is_no_old_workers() -> None:
    one = history(old=True, new=True)
    one.call("daemon-1.1", RESULT_OF_T, 20, 21, by="old")
    assert is_over(one.record(), "t")


def test_the_finding_names_the_task_and_what_was_done_to_it() -> None:
    one = completed("daemon-1.1", 160, "dual", history(old=True))
    one.put(150, "operator-1.1", NEW, task())
    one.delete(170, "operator-1.1", OLD)
    assert said(completion(one.record())) == [("1 completed task is in the new format", ("t",))]
    [finding] = completion(one.record()).findings
    assert [moment.what for moment in finding.moments] == [
        f"put {NEW}",
        f"put {DONE}",
        "POST /api/result/t → 200 (AMS)",
        f"delete {OLD}",
    ]
    assert said(listing(one.record())) == [("1 listed id is no live task", ("t",))]
