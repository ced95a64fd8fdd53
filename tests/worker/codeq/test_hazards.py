"""Damaged and half-migrated keyspaces: what codeQ does there, as recorded with the real service."""

from typing import Any

import pytest

from tests.worker.codeq.bench import Bench
from worker.codeq import MOVE_SCRIPT, ServerError

pytestmark = pytest.mark.anyio
Q = "codeq:q:generate_master:"
WRONG = "WRONGTYPE Operation against a key holding the wrong kind of value"
DONE = {"status": "COMPLETED", "result": {"a": 1}}


async def listed_in_progress(bench: Bench) -> None:
    """One task in progress in a LIST, as before version 1.1."""
    await bench.store("t1", status="IN_PROGRESS", workerId="worker-1")
    await bench.server.call("LPUSH", f"{Q}inprog", "t1")
    await bench.server.call("SETEX", "codeq:lease:t1", 60, "worker-1")


async def held(bench: Bench, task: str, lease: int | None = 60, **fields: Any) -> None:
    """One task in progress, with a lease unless ``lease`` is None; 0 is a lease without an end."""
    await bench.store(task, **{"status": "IN_PROGRESS", "workerId": "worker-1", **fields})
    await bench.server.call("SADD", f"{Q}inprog", task)
    if lease is not None:
        await bench.server.call("SET", f"codeq:lease:{task}", "worker-1", *(("EX", lease) if lease else ()))


async def pending(bench: Bench, *tasks: str) -> None:
    await bench.server.call("RPUSH", f"{Q}pending:0", *tasks)


async def attempt(bench: Bench, path: str, body: Any, token: str | None = None) -> tuple[int, str]:
    answer = await bench.call(path, body, token)
    return answer.status_code, answer.json()["error"]


async def test_claim_on_a_list_in_progress_fails(bench: Bench) -> None:
    await listed_in_progress(bench)
    assert await attempt(bench, "/tasks/claim", {}) == (500, f"SRANDMEMBER inprog: {WRONG}")
    assert await attempt(bench, "/admin/queues", None, bench.admin) == (500, WRONG)


async def test_abandon_on_a_list_in_progress_fails(bench: Bench) -> None:
    await listed_in_progress(bench)
    assert (await bench.call("/tasks/t1/heartbeat", {})).status_code == 200
    assert await attempt(bench, "/tasks/t1/abandon", b"") == (500, f"SREM inprog: {WRONG}")


async def test_nack_on_a_list_in_progress_fails_and_does_the_rest(bench: Bench) -> None:
    await listed_in_progress(bench)
    assert await attempt(bench, "/tasks/t1/nack", {}) == (500, WRONG)
    assert await bench.server.call("LRANGE", f"{Q}inprog", 0, -1) == ["t1"]
    assert await bench.server.call("ZRANGE", f"{Q}delayed", 0, -1) == ["t1"]
    assert await bench.server.call("EXISTS", "codeq:lease:t1") == 0
    stored = await bench.task("t1")
    assert (stored["attempts"], stored["maxAttempts"]) == (1, 5)


async def test_result_on_a_list_in_progress_fails_and_is_stored(bench: Bench) -> None:
    await listed_in_progress(bench)
    assert await attempt(bench, "/tasks/t1/result", DONE) == (400, f"redis SREM inprog: {WRONG}")
    assert (await bench.task("t1"))["status"] == "COMPLETED"
    assert await bench.server.call("HEXISTS", "codeq:results", "t1")
    assert await bench.lasts("codeq:lease:t1", 60)
    assert await attempt(bench, "/tasks/t1/result", DONE) == (409, "not-in-progress")


async def test_cleanup_on_a_list_in_progress_says_nothing_was_deleted(bench: Bench) -> None:
    await listed_in_progress(bench)
    await bench.server.call("ZADD", "codeq:tasks:ttl", 1, "t1")
    assert (await bench.call("/admin/tasks/cleanup", {}, bench.admin)).json()["deleted"] == 0
    assert await bench.server.call("HLEN", "codeq:tasks") == 0


async def test_move_onto_a_wrong_type_loses_the_id(bench: Bench) -> None:
    await bench.server.call("LPUSH", "p", "x")
    await bench.server.call("LPUSH", "d", "y")
    with pytest.raises(ServerError, match="WRONGTYPE"):
        await bench.server.call("EVAL", MOVE_SCRIPT, 2, "p", "d", 200)
    assert await bench.server.call("EXISTS", "p") == 0


@pytest.mark.parametrize("lease", [None, 0])
async def test_a_lease_that_is_missing_or_endless_counts_as_expired(bench: Bench, lease: int | None) -> None:
    await held(bench, "a", lease)
    assert await bench.claim() is None
    assert await bench.server.call("ZRANGE", f"{Q}delayed", 0, -1) == ["a"]
    assert (await bench.task("a"))["attempts"] == 1


async def test_a_duplicate_runs_once_while_the_first_is_in_progress(bench: Bench) -> None:
    await bench.store("d")
    await pending(bench, "d", "d")
    assert (await bench.claim())["id"] == "d"
    assert await bench.claim() is None


async def test_a_duplicate_runs_again_once_the_first_is_finished(bench: Bench) -> None:
    await bench.store("d")
    await pending(bench, "d", "d")
    await bench.claim()
    await bench.call("/tasks/d/result", DONE)
    again = await bench.claim()
    assert (again["id"], again["status"], again["attempts"]) == ("d", "IN_PROGRESS", 2)


async def test_an_id_both_pending_and_in_progress_heals_itself(bench: Bench) -> None:
    await held(bench, "e")
    await bench.store("e2")
    await pending(bench, "e2", "e")
    assert (await bench.claim())["id"] == "e2"


async def test_ids_without_a_record_vanish(bench: Bench) -> None:
    await bench.store("f")
    await pending(bench, "f", "ghost1", "ghost2")
    await bench.server.call("SADD", f"{Q}inprog", "ghost3")
    assert (await bench.claim())["id"] == "f"
    assert await bench.server.call("SMEMBERS", f"{Q}inprog") == ["f"]
    await bench.claim()
    assert await bench.server.call("EXISTS", f"{Q}pending:0") == 0


async def test_a_record_that_cannot_be_read_loses_its_place(bench: Bench) -> None:
    await bench.store("u", createdAt="2026-01-01 10:00:00")
    await pending(bench, "u")
    assert await attempt(bench, "/tasks/u", None) == (404, "not found")
    assert await bench.claim() is None
    assert await bench.server.call("KEYS", f"{Q}*") == []
    assert await bench.server.call("HEXISTS", "codeq:tasks", "u")


async def test_an_unreadable_delayed_record_is_only_taken_out(bench: Bench) -> None:
    await bench.server.call("ZADD", f"{Q}delayed", 1, "ghost")
    assert await bench.claim() is None
    assert await bench.server.call("KEYS", f"{Q}*") == []


async def test_a_heartbeat_after_expiry_is_answered_and_helps_nothing(bench: Bench) -> None:
    await held(bench, "h", lease=None)
    assert (await bench.call("/tasks/h/heartbeat", {})).json() == {"ok": True}
    assert await bench.server.call("TTL", "codeq:lease:h") == -2
    await bench.claim()
    assert await attempt(bench, "/tasks/h/result", DONE) == (409, "not-in-progress")


async def test_a_result_after_expiry_counts_unless_a_repair_came_first(bench: Bench) -> None:
    await held(bench, "h", lease=None)
    assert (await bench.call("/tasks/h/result", DONE)).status_code == 200


async def test_a_worker_by_another_name_is_not_the_owner(bench: Bench) -> None:
    await held(bench, "i", workerId="legacy-w7")
    for verb, body in (("heartbeat", {}), ("nack", {}), ("abandon", {}), ("result", DONE)):
        assert await attempt(bench, f"/tasks/i/{verb}", body) == (403, "not-owner")


async def test_a_finished_task_left_in_progress_runs_again(bench: Bench) -> None:
    await held(bench, "g", lease=None, status="COMPLETED", workerId="")
    again = await bench.claim()
    assert (again["id"], again["status"]) == ("g", "IN_PROGRESS")


async def test_cleanup_misses_a_task_in_the_wrong_tier(bench: Bench) -> None:
    await bench.store("k", priority=5)
    await pending(bench, "k")
    await bench.server.call("ZADD", "codeq:tasks:ttl", 1, "k")
    assert (await bench.call("/admin/tasks/cleanup", {}, bench.admin)).json()["deleted"] == 1
    assert await bench.server.call("LRANGE", f"{Q}pending:0", 0, -1) == ["k"]


async def test_a_task_in_the_wrong_tier_moves_when_it_comes_back(bench: Bench) -> None:
    await bench.store("k", priority=5)
    await pending(bench, "k")
    await bench.claim()
    await bench.call("/tasks/k/abandon", b"")
    assert await bench.server.call("KEYS", f"{Q}pending:*") == [f"{Q}pending:5"]


async def test_a_queue_in_upper_case_or_with_a_hyphen_is_invisible(bench: Bench) -> None:
    for name in ("GENERATE_MASTER", "generate-master"):
        await bench.server.call("LPUSH", f"codeq:q:{name}:pending:0", "x")
    assert await bench.claim() is None
    queues = (await bench.call("/admin/queues", token=bench.admin)).json()
    assert not any(queues.values())


async def test_a_claim_repairs_two_hundred_leases(bench: Bench) -> None:
    tasks = [str(number) for number in range(500)]
    for task in tasks:
        await bench.store(task, status="IN_PROGRESS")
    await bench.server.call("SADD", f"{Q}inprog", *tasks)
    bench.server.take()
    await bench.claim("GENERATE_MASTER")
    assert await bench.server.call("SCARD", f"{Q}inprog") == 300
    assert await bench.server.call("ZCARD", f"{Q}delayed") == 200


async def test_unknown_fields_are_erased_at_the_first_rewrite(bench: Bench) -> None:
    await bench.store("x", colour="red", updatedAt="2026-01-01T10:00:00+02:00")
    await pending(bench, "x")
    task = await bench.claim()
    assert "colour" not in await bench.task("x")
    assert task["createdAt"] == "0001-01-01T00:00:00Z"
