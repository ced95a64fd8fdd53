"""What whoever works after a walk is answered."""

from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from harness.migrations.queue.checkers.walk import walk
from harness.migrations.queue.simulation.record import Record
from tests.harness.queue.walks import walked


@cache
def faultless() -> Record:
    return walked(1, 0, "safe")


def said(record: Record) -> list[str]:
    return [finding.what for finding in walk(record).findings]


def test_a_walk_that_ends_well_is_not_accused() -> None:
    verdict = walk(faultless())
    assert verdict.held
    assert verdict.looked == 1


@pytest.mark.parametrize(
    ("step", "changed", "what"),
    [
        ("listing", {"answer": {"pending": []}}, "no task is listed although 1 should be"),
        ("claim", {"answer": {"success": False}}, "no task could be claimed although 1 are listed"),
        ("claim", {"status": 500, "answer": "Error: …\nlimit"}, "POST /api/queue/claim answered 500: limit"),
        ("status", {"status": None, "answer": None}, "GET /api/migrate/status answered nothing"),
        ("complete", {"status": 404}, "/api/result/slack_00000.1 answered 404"),
        ("queue again", {"answer": {"pending": ["slack_00000.1"]}}, "a completed task is still listed"),
    ],
)
def test_a_fault_is_found(step: str, changed: dict[str, Any], what: str) -> None:
    record = faultless()
    answers = {**record.judged, step: replace(record.judged[step], **changed)}
    assert any(one.startswith(what) for one in said(replace(record, judged=answers))), step


def test_nobody_can_claim_what_is_held() -> None:
    record = walked(2, 2, "safe")
    assert record.judged["claim"].member("success") is False
    assert said(record) == []


def test_whoever_works_has_what_is_left_of_the_day() -> None:
    record = walked(1200, 0, "safe", conditions="free")
    told = said(record)
    assert told[0].startswith("POST /api/queue/claim answered 500: ")
    assert told[0].endswith("KV put() limit exceeded for the day.")
