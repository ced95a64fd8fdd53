"""Records that were changed by hand: what scenarios show by chance or not at all, the judge sees."""

from dataclasses import replace
from typing import Any

import pytest

from harness.migrations.queue.simulation.record import Record
from harness.model.record import Call
from kvstore import Entry, Event
from kvstore.clock import iso
from kvstore.messages import too_many_operations
from tests.harness.queue.simulation.runs import found, of, run

CLEAN = "conditions=local migration=safe strategy=zero-downtime tasks=3"
CLAIM = "/api/queue/claim"


def with_calls(record: Record, *calls: Call) -> Record:
    return replace(record, calls=sorted([*record.calls, *calls], key=lambda call: call.sent))


def with_write(record: Record, invocation: str, verb: Any, key: str, value: bytes = b"{}") -> Record:
    """The record with one more write, right before the end of a request."""
    call = next(one for one in record.calls if one.name == invocation)
    event = Event(0, call.answered - 1, invocation, verb, key, Entry(value) if verb == "put" else None)
    before = [one for one in record.writes if one.at <= event.at]
    writes = [*before, event, *record.writes[len(before) :]]
    return replace(record, writes=[replace(one, index=index) for index, one in enumerate(writes)])


def claim(record: Record, worker: str, second: int, task: str | None, seconds: int = 120) -> Call:
    """A claim that ``worker`` sends so many seconds after the beginning, answered a second later."""
    sent = record.began + 1000 * second
    lease = {"workerId": worker, "claimNonce": f"{worker}:{second}", "claimedAt": iso(sent)}
    lease["expiresAt"] = iso(sent + 1000 * seconds)
    hit = {"success": True, "taskId": task, "task": {}, "lease": lease}
    answer = hit if task else {"success": False, "message": "No tasks available or all tasks are leased"}
    place = len([one for one in record.writes if one.at <= sent])
    body = {"workerId": worker}
    return Call(
        f"{worker}.1", worker, "AMS", "claim", "POST", CLAIM, body, sent, place, "dual",
        sent + 1000, 200, answer, place,
    )  # fmt: skip


@pytest.fixture
def clean() -> Record:
    return run(CLEAN)


def test_a_record_that_nobody_touched_is_clean(clean: Record) -> None:
    assert not found(with_calls(clean, claim(clean, "daemon-8", 90, "slack_000")), "I10")


def test_two_claims_at_once_are_no_exclusion(clean: Record) -> None:
    both = with_calls(
        clean, claim(clean, "daemon-8", 90, "slack_000"), claim(clean, "daemon-9", 100, "slack_000")
    )
    [overlap] = found(both, "I10")
    assert overlap.what.startswith("1 task was held by two at once: ")
    later = claim(clean, "daemon-9", 211, "slack_000")
    assert of(with_calls(clean, claim(clean, "daemon-8", 90, "slack_000"), later), "I10").held


def test_a_hold_ends_with_the_release(clean: Record) -> None:
    first, second = claim(clean, "daemon-8", 90, "slack_000"), claim(clean, "daemon-9", 100, "slack_000")
    released = replace(first, name="daemon-8.2", path="/api/queue/slack_000/release", sent=first.sent + 3000)
    released.answer = {"success": True}
    assert of(with_calls(clean, first, second, released), "I10").held


def test_a_free_task_is_handed_out_and_in_its_turn(clean: Record) -> None:
    [none] = found(with_calls(clean, claim(clean, "daemon-8", 90, None)), "I13")
    assert none.keys == ("slack_000", "slack_001", "slack_002")
    [late] = found(with_calls(clean, claim(clean, "daemon-8", 90, "slack_001")), "I27")
    assert late.what == "1 free task was passed over, by the time at which they were queued"
    assert late.keys == ("slack_000",)
    assert of(with_calls(clean, claim(clean, "daemon-8", 90, "slack_000")), "I27").held


def test_an_id_that_nobody_sent_is_handed_out(clean: Record) -> None:
    [unknown] = found(with_calls(clean, claim(clean, "daemon-8", 90, "slack_other")), "I13")
    assert unknown.what == "1 task was handed out that no producer had sent (dual format)"


def test_a_claim_fails_on_one_task_again_and_again(clean: Record) -> None:
    failed = []
    asked = []
    for place, worker in enumerate(("daemon-8", "daemon-9")):
        call = claim(clean, worker, 90 + place, None)
        call.status, call.answer = 500, "JsException: SyntaxError: Unexpected end of JSON input"
        failed.append(call)
        asked.append(Event(0, call.sent, call.name, "put", "queue:lease:slack_002", Entry(b"{}")))
    poisoned = replace(with_calls(clean, *failed), asked=[*clean.asked, *asked])
    [poison] = found(poisoned, "I28")
    assert (poison.keys, len(poison.moments)) == (("slack_002",), 2)
    assert of(replace(with_calls(clean, failed[0]), asked=[*clean.asked, asked[0]]), "I28").held


def test_a_migration_writes_where_it_must_not(clean: Record) -> None:
    [foreign] = found(with_write(clean, "operator-1.2", "put", "event:slack_000"), "I25")
    assert foreign.keys == ("event:slack_000",)


def test_an_original_is_deleted_without_a_copy(clean: Record) -> None:
    [bare] = found(with_write(clean, "operator-1.2", "delete", "queue:task:slack_001"), "I1")
    assert bare.keys == ("slack_001",)
    early = replace(clean, writes=[one for one in clean.writes if one.key != "queue:task:slack_001"])
    [gone] = found(early, "I14")
    assert gone.what == "1 old task was deleted without a copy"


def test_a_completed_task_comes_back(clean: Record) -> None:
    done = with_write(clean, "operator-1.1", "put", "orchestrator:result:slack_001")
    [back] = found(done, "I5")
    assert (back.what, back.keys) == ("1 completed task was copied and stayed in the queue", ("slack_001",))


def test_two_writes_of_a_key_within_a_second(clean: Record) -> None:
    [fast] = found(with_write(clean, "operator-1.2", "put", "queue:task:slack_002"), "I20")
    assert fast.what == "1 key was written twice within a second: a task, by the migration"


def test_the_limit_of_operations_is_met(clean: Record) -> None:
    refused = Event.failed(0, clean.began, "operator-1.2", "put", "queue:task:x", too_many_operations())
    assert not of(replace(clean, asked=[*clean.asked, refused]), "I18").held


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"totalMigrated": 17}, "the numbers do not add up"),
        ({"success": False}, "do not fit together"),
        ({"tasks": {"migrated": 1, "failed": 0, "errors": []}}, "not that of the copies made"),
        ({"done": True}, "live tasks were left"),
    ],
)
def test_a_run_does_not_tell_the_truth(clean: Record, changes: dict[str, Any], what: str) -> None:
    calls = [
        replace(call, answer={**call.answer, **changes}) if call.name == "operator-1.2" else call
        for call in clean.calls
    ]
    assert any(what in one.what for one in found(replace(clean, calls=calls), "I16"))


def test_a_run_that_makes_no_progress_is_told_after_a_while(clean: Record) -> None:
    first = next(call for call in clean.calls if call.name == "operator-1.2")
    idle = [
        replace(first, name=f"operator-9.{number}", actor="operator-9", sent=first.sent - 15_000 * number)
        for number in (6, 5, 4, 3, 2, 1)
    ]
    for call in idle:
        call.answered, call.answer = call.sent, {**first.answer, "done": False}
    [stuck] = found(with_calls(clean, *idle), "I19")
    assert len(stuck.keys) >= 5
    assert of(with_calls(clean, *idle[:4]), "I19").held


def test_a_run_that_puts_the_operator_off_is_told_at_once(clean: Record) -> None:
    first = next(call for call in clean.calls if call.name == "operator-1.2")
    idle = replace(first, name="operator-9.1", actor="operator-9", sent=first.sent - 1000)
    idle.answered, idle.answer = idle.sent, {**first.answer, "done": False, "retryAfter": 3600}
    [told] = found(with_calls(clean, idle), "I19")
    assert "asked for a wait" in told.what
