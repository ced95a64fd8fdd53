"""Admin queues, cleanup, metrics."""

import pytest

from tests.worker.codeq.bench import Bench

pytestmark = pytest.mark.anyio
FAR = "2100-01-01T00:00:00Z"


async def test_queues_lists_26_keys_of_the_built_in_commands(bench: Bench) -> None:
    await bench.create("OTHER")
    await bench.create(priority=3)
    queues = (await bench.call("/admin/queues", token=bench.admin)).json()
    assert len(queues) == 26
    assert {key for key, count in queues.items() if count} == {"codeq:q:generate_master:pending:3"}


async def test_queue_counts_any_command_and_echoes_it(bench: Bench) -> None:
    await bench.create("Other", priority=1)
    await bench.create("Other", delaySeconds=5)
    answer = await bench.call("/admin/queues/OTHER", token=bench.admin)
    assert answer.text == '{"command":"OTHER","ready":1,"delayed":1,"inProgress":0,"dlq":0}'


@pytest.mark.parametrize("path", ["/admin/queues", "/admin/queues/GENERATE_MASTER"])
async def test_queues_answer_the_servers_error(bench: Bench, path: str) -> None:
    await bench.server.call("SADD", "codeq:q:generate_master:dlq", "x")
    answer = await bench.call(path, token=bench.admin)
    assert answer.status_code == 500
    assert answer.json() == {"error": "WRONGTYPE Operation against a key holding the wrong kind of value"}


async def test_cleanup_deletes_whatever_retention_let_go(bench: Bench) -> None:
    pending = await bench.create()
    delayed = await bench.create(delaySeconds=5)
    dead = await bench.create("OTHER", maxAttempts=1)
    token = bench.issuer.worker_token(event_types=("OTHER",))
    await bench.call("/tasks/claim", {}, token)
    await bench.call(f"/tasks/{dead}/nack", {}, token)
    await bench.wait(86_400)
    answer = await bench.call("/admin/tasks/cleanup", b"", bench.admin)
    assert answer.json() == {"before": "2026-11-23T01:34:43Z", "deleted": 3, "limit": 0}
    assert await bench.server.call("KEYS", "codeq:*") == []
    assert pending != delayed


async def test_cleanup_spares_what_is_younger(bench: Bench) -> None:
    await bench.create()
    await bench.wait(86_399)
    assert (await bench.call("/admin/tasks/cleanup", {}, bench.admin)).json()["deleted"] == 0


async def test_cleanup_keeps_results_for_ever(bench: Bench) -> None:
    task = await bench.claimed()
    await bench.call(f"/tasks/{task}/result", {"status": "COMPLETED", "result": {}})
    await bench.call("/admin/tasks/cleanup", {"before": FAR}, bench.admin)
    assert await bench.server.call("HEXISTS", "codeq:results", task)


async def test_cleanup_deletes_no_more_than_asked(bench: Bench) -> None:
    for _ in range(3):
        await bench.create()
    answer = await bench.call("/admin/tasks/cleanup", {"before": FAR, "limit": 2}, bench.admin)
    assert answer.json() == {"before": FAR, "deleted": 2, "limit": 2}


async def test_cleanup_deletes_a_thousand_unless_told(bench: Bench) -> None:
    bench.server.take()
    await bench.call("/admin/tasks/cleanup", b"", bench.admin)
    assert bench.server.take()[0][-1] == "1000"


async def test_cleanup_refuses_a_time_that_is_none(bench: Bench) -> None:
    answer = await bench.call("/admin/tasks/cleanup", {"before": "tomorrow"}, bench.admin)
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid 'before' (use RFC3339)"})


async def test_metrics_are_open_and_count_the_queues(bench: Bench) -> None:
    await bench.create()
    text = (await bench.call("/../../metrics", headers={"Authorization": ""})).text
    assert 'codeq_queue_depth{command="GENERATE_MASTER",queue="ready"} 1' in text


async def test_metrics_lose_the_depths_when_a_key_has_the_wrong_type(bench: Bench) -> None:
    await bench.server.call("LPUSH", "codeq:q:generate_creative:inprog", "x")
    assert "codeq_queue_depth" not in (await bench.call("/../../metrics")).text
