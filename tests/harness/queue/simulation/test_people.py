"""What the people of a simulation do, and how they take it when something goes wrong."""

from harness.migrations.queue.layout import RESULT
from tests.harness.queue.simulation.runs import call, run, told


def test_an_operator_migrates_as_the_guide_says() -> None:
    record = run("conditions=local tasks=2")
    assert told(record, "operator-1") == [
        "GET /api/migrate/status 200",
        "POST /api/migrate/run 200",
        "GET /api/migrate/status 200",
        "GET /api/queue 200",
    ]
    assert [what for _, what in record.deployed] == ["old", "new"]
    assert call(record, "operator-1.4").answer == {"pending": ["slack_000", "slack_001"], "count": 2}


def test_an_operator_tries_again_but_not_for_ever() -> None:
    line = "conditions=local tasks=1 faults=dropped@operator-1.2,dropped@operator-1.3"
    assert told(run(f"{line} runs=3"), "operator-1")[1:4] == [
        "POST /api/migrate/run None",
        "POST /api/migrate/run None",
        "POST /api/migrate/run 200",
    ]
    assert len(run(f"{line} runs=2").runs) == 2


def test_zero_downtime_takes_a_worker_for_both_formats_first() -> None:
    record = run("strategy=zero-downtime migration=safe tasks=2")
    assert [what for _, what in record.deployed] == ["old", "dual", "new"]
    assert [one.member("done") for one in record.runs][-1] is True
    assert not any(one.member("done") for one in record.runs[:-1])


def test_an_operator_rolls_back_after_the_end_or_half_way() -> None:
    after = run("conditions=local tasks=2 rollback=after")
    assert told(after, "operator-1")[-1] == "POST /api/migrate/rollback 200"
    assert [what for _, what in after.deployed] == ["old", "old"]
    halfway = run("conditions=local tasks=2 rollback=halfway faults=dropped@operator-1.2")
    assert len(halfway.runs) == 1
    assert told(halfway, "operator-1")[-1] == "POST /api/migrate/rollback 200"


def test_of_two_operators_the_first_deploys() -> None:
    record = run("conditions=local tasks=2 operators=2")
    assert {one.actor for one in record.runs} == {"operator-1", "operator-2"}
    assert [what for _, what in record.deployed] == ["old", "new"]


def test_a_daemon_claims_renews_and_delivers() -> None:
    walks: set[tuple[str, ...]] = set()
    for seed in range(1, 12):
        record = run(f"seed={seed} conditions=local tasks=1 daemons=1 polls=1")
        calls = [one for one in record.calls if one.actor == "daemon-1"]
        walks.add(tuple(one.step for one in calls))
        for one in calls[1:]:
            assert f"/{calls[0].member('taskId')}" in one.path
        assert all(0 < one.sent - calls[0].sent <= 120_000 for one in calls[1:])
    assert ("claim", "post the result") in walks
    assert ("claim", "renew", "post the result") in walks
    assert {walk[0] for walk in walks} == {"claim"}


def test_a_daemon_that_breaks_down_delivers_nothing() -> None:
    lines = [f"seed={seed} conditions=local tasks=1 daemons=1 polls=1" for seed in range(1, 9)]
    base = next(line for line in lines if any(key.startswith(RESULT) for key in run(line).final.entries))
    broken = run(f"{base} faults=breakdown@daemon-1.1")
    assert told(broken, "daemon-1") == ["POST /api/queue/claim 200"]
    assert broken.fired == ("breakdown@daemon-1.1",)
    assert not any(key.startswith(RESULT) for key in broken.final.entries)


def test_a_producer_sends_again_what_was_not_accepted() -> None:
    record = run("conditions=local tasks=0 producers=1 events=2 faults=dropped@producer-1.1")
    assert told(record, "producer-1") == ["POST /webhook/slack None", *["POST /webhook/slack 200"] * 2]
    first, again, second = [one.body["event"]["ts"] for one in record.calls if one.actor == "producer-1"]
    assert first == again != second


def test_without_others_everybody_does_the_same() -> None:
    alone = run("conditions=local tasks=3 producers=1")
    together = run("conditions=local tasks=3 producers=1 daemons=2 operators=2")
    for name in ("operator-1.1", "operator-1.2", "producer-1.1"):
        assert (call(alone, name).sent, call(alone, name).colo) == (
            call(together, name).sent,
            call(together, name).colo,
        )
