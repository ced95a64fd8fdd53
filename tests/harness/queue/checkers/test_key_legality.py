"""I22 on histories made by hand: every key of a task fits, and no claim fails because of one task."""

from typing import Any

import pytest

from harness.migrations.queue.checkers.key_legality import key_legality
from tests.harness.queue.checkers.histories import DOCUMENTED, SAFE, History, said, shown

LONG = "x" * 493
FITS = "x" * 492
CLAIM, SLACK, RESULT_OF = "/api/queue/claim", "/webhook/slack", "/api/result/"
TOO_LONG = "KVError: KV PUT failed: 414 UTF-8 encoded length of 513 exceeds key length limit of 512."
REFUSED = {"error": "Invalid taskId format", "details": ["Task ID too long: 493 bytes, at most 492"]}
FOREIGN = [("old", SAFE, False), ("dual", SAFE, True), ("old", DOCUMENTED, True)]


@pytest.mark.parametrize(("by", "line", "judged"), FOREIGN)
def test_no_claim_fails_because_of_one_task(by: str, line: str, judged: bool) -> None:
    one = History(line)
    one.call("daemon-1.1", CLAIM, 10, 11, status=500, answer=TOO_LONG, by=by)
    told = [("1 claim failed because the lease of one task has too long a key", ("daemon-1.1",))]
    assert said(key_legality(one.record())) == (told if judged else [])


def test_a_claim_that_fails_for_another_reason_is_somebody_elses() -> None:
    one = History()
    one.call("daemon-1.1", CLAIM, 10, 11, status=500, answer="KVError: KV PUT failed: 429 Too Many Requests")
    assert said(key_legality(one.record())) == []


@pytest.mark.parametrize(("by", "line", "judged"), FOREIGN)
def test_no_other_request_asks_for_such_a_key(by: str, line: str, judged: bool) -> None:
    one = History(line)
    one.call(
        "operator-1.1",
        "/api/migrate/run",
        10,
        11,
        status=207,
        answer={"errors": [f"Task x: {TOO_LONG}"]},
        by=by,
    )
    told = [("1 request asked for a key that is too long", ("operator-1.1",))]
    assert said(key_legality(one.record())) == (told if judged else [])


@pytest.mark.parametrize(("by", "line", "judged"), FOREIGN)
def test_an_id_is_accepted_only_if_its_result_has_a_key(by: str, line: str, judged: bool) -> None:
    one = History(line)
    one.call("producer-1.1", SLACK, 10, 11, answer={"status": "accepted", "eventId": LONG}, by=by)
    told = [("1 task was accepted whose result has too long a key", (LONG,))]
    assert said(key_legality(one.record())) == (told if judged else [])


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (200, {"status": "accepted", "eventId": FITS}),
        (400, {"error": "Invalid taskId format", "eventId": LONG}),
        (200, {"eventId": None}),
    ],
)
def test_an_id_that_fits_or_is_refused_is_no_such_task(status: int, answer: dict[str, Any]) -> None:
    one = History()
    one.call("producer-1.1", SLACK, 10, 11, status=status, answer=answer)
    assert said(key_legality(one.record())) == []


def claimed(told: History, name: str, task: str, by: str) -> History:
    told.call(name, CLAIM, 10, 11, answer={"success": True, "taskId": task}, by=by)
    return told


@pytest.mark.parametrize(("by", "line", "judged"), FOREIGN)
def test_a_task_that_was_handed_out_can_be_completed(by: str, line: str, judged: bool) -> None:
    """Not by an old Worker: it may have handed out what no other one would, which refuses the result."""
    one = claimed(History(line), "daemon-1.1", LONG, by)
    one.call("daemon-1.2", RESULT_OF + LONG, 20, 21, status=400, answer=REFUSED)
    verdict = key_legality(one.record())
    what = "1 task was handed out and cannot be completed: the result has too long a key"
    assert said(verdict) == ([(what, (LONG,))] if judged else [])
    if judged:
        assert shown(verdict) == [(21, "daemon-1.2")]
        assert verdict.findings[0].hazards == ("H63",)


def test_a_task_handed_out_by_both_belongs_to_the_new_worker_too() -> None:
    one = claimed(claimed(History(), "daemon-1.1", LONG, "old"), "daemon-2.1", LONG, "dual")
    one.call("daemon-1.2", RESULT_OF + LONG, 20, 21, status=400, answer=REFUSED)
    assert [keys for _, keys in said(key_legality(one.record()))] == [(LONG,)]


def test_another_task_that_was_handed_out_says_nothing_of_this_one() -> None:
    one = claimed(claimed(History(), "daemon-1.1", LONG, "old"), "daemon-2.1", "short", "dual")
    one.call("daemon-1.2", RESULT_OF + LONG, 20, 21, status=400, answer=REFUSED)
    assert said(key_legality(one.record())) == []


@pytest.mark.parametrize(("status", "answer"), [(200, {"success": True}), (400, {"error": "Invalid JSON"})])
def test_a_result_that_is_refused_for_another_reason_is_none_of_these(
    status: int, answer: dict[str, Any]
) -> None:
    one = claimed(History(), "daemon-1.1", LONG, "dual")
    one.call("daemon-1.2", RESULT_OF + LONG, 20, 21, status=status, answer=answer)
    assert said(key_legality(one.record())) == []
