"""How the documented migration is known to break. It must break here just so: it is what gets rehearsed."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from kvstore import KVError, KVNamespace, ManualClock, SqliteStore
from kvstore.layers.layer import Around, Operation, T
from kvstore.store import Verb

pytestmark = pytest.mark.anyio

Serve = Callable[..., httpx.AsyncClient]
STATUS, RUN, ROLLBACK = "/api/migrate/status", "/api/migrate/run", "/api/migrate/rollback"
PENDING = "orchestrator:pending"


async def put_tasks(kv: KVNamespace, *names: str) -> None:
    for name in names:
        await kv.put(f"orchestrator:queue:{name}", f'{{"id":"{name}"}}')


async def run(client: httpx.AsyncClient, status: int) -> Any:
    response = await client.post(RUN)
    assert response.status_code == status
    return response.json()


async def needed(client: httpx.AsyncClient) -> bool:
    return bool((await client.get(STATUS)).json()["needsMigration"])


async def test_h01_leases_beyond_a_thousand_are_stranded(old: httpx.AsyncClient, kv: KVNamespace) -> None:
    await kv.put(PENDING, '["t1"]')
    await put_tasks(kv, "t1")
    for number in range(1001):
        await kv.put(f"orchestrator:lease:{number:04}", '{"workerId":"w"}')
    assert (await run(old, 200))["leases"]["migrated"] == 1000
    assert [key["name"] for key in (await kv.list(prefix="orch"))["keys"]] == ["orchestrator:lease:1000"]
    assert (await run(old, 200))["message"] == "Migration not needed - already using new format"


async def test_h10_the_list_is_deleted_although_tasks_failed(old: httpx.AsyncClient, kv: KVNamespace) -> None:
    await kv.put(PENDING, '["t1","gone","bad"]')
    await put_tasks(kv, "t1")
    await kv.put("orchestrator:queue:bad", "{oops")
    answer = await run(old, 207)
    assert (answer["success"], answer["message"]) == (False, "Migration completed with 2 failures")
    assert answer["tasks"]["migrated"] == 1
    assert answer["tasks"]["failed"] == answer["totalFailed"] == 2
    assert answer["tasks"]["errors"] == answer["errors"]
    assert answer["errors"][0] == "Task gone: not found in old queue"
    assert await kv.get(PENDING) is None
    assert await kv.get("orchestrator:queue:bad") == "{oops"
    assert not await needed(old)


async def test_a_single_failure_is_counted_in_the_plural(old: httpx.AsyncClient, kv: KVNamespace) -> None:
    await kv.put(PENDING, '["gone"]')
    assert (await run(old, 207))["message"] == "Migration completed with 1 failures"
    assert await kv.get(PENDING) == '["gone"]'


@pytest.mark.parametrize(
    ("pending", "error"),
    [
        ("[oops", "Fatal: SyntaxError: "),
        ('{"a":1}', "Fatal: TypeError: oldPending is not iterable"),
        ("5", "Fatal: TypeError: oldPending is not iterable"),
    ],
)
async def test_h13_a_fatal_error_is_a_success(
    old: httpx.AsyncClient, kv: KVNamespace, pending: str, error: str
) -> None:
    await kv.put(PENDING, pending)
    await put_tasks(kv, "t1")
    answer = await run(old, 200)
    assert (answer["success"], answer["message"]) == (True, "Migration completed successfully")
    assert (answer["totalMigrated"], answer["totalFailed"]) == (0, 0)
    assert len(answer["errors"]) == 1
    assert answer["errors"][0].startswith(error)


async def test_h13_the_status_of_a_corrupt_list_is_500(old: httpx.AsyncClient, kv: KVNamespace) -> None:
    await kv.put(PENDING, "[oops")
    response = await old.get(STATUS)
    assert (response.status_code, list(response.json())) == (500, ["success", "error"])
    assert response.json()["error"].startswith("SyntaxError: ")


async def test_h15_an_empty_list_is_needed_for_ever(old: httpx.AsyncClient, kv: KVNamespace) -> None:
    await kv.put(PENDING, "[]")
    for _ in range(2):
        assert await needed(old)
        assert (await run(old, 200))["message"] == "Migration completed successfully"
    assert await kv.get(PENDING) == "[]"


async def test_h16_null_is_needed_and_is_not(old: httpx.AsyncClient, kv: KVNamespace) -> None:
    await kv.put(PENDING, "null")
    assert not await needed(old)
    assert (await run(old, 200))["message"] == "Migration completed successfully"


async def test_h16_text_is_walked_by_character(old: httpx.AsyncClient, kv: KVNamespace) -> None:
    await kv.put(PENDING, '"ab"')
    await put_tasks(kv, "a")
    assert (await old.get(STATUS)).json()["status"]["oldTaskCount"] == 2
    answer = await run(old, 207)
    assert answer["tasks"] == {"migrated": 1, "failed": 1, "errors": ["Task b: not found in old queue"]}


async def test_h17_without_the_list_nothing_else_counts(old: httpx.AsyncClient, kv: KVNamespace) -> None:
    await put_tasks(kv, "t1")
    await kv.put("orchestrator:lease:t1", "{}")
    answer = (await old.get(STATUS)).json()
    assert (answer["needsMigration"], answer["status"]["oldLeaseCount"]) == (False, 1)
    assert answer["recommendation"] == "Already using new format"
    await run(old, 200)
    assert await kv.get("orchestrator:lease:t1") == "{}"


async def test_h18_not_needed_omits_the_totals(old: httpx.AsyncClient) -> None:
    section = {"migrated": 0, "failed": 0, "errors": []}
    assert await run(old, 200) == {
        "success": True,
        "message": "Migration not needed - already using new format",
        "tasks": section,
        "leases": section,
    }


async def test_h31_a_duplicate_is_a_failure(old: httpx.AsyncClient, kv: KVNamespace) -> None:
    await kv.put(PENDING, '["a","a"]')
    await put_tasks(kv, "a")
    assert (await run(old, 207))["errors"] == ["Task a: not found in old queue"]


async def test_h33_ids_are_read_as_javascript_reads_them(old: httpx.AsyncClient, kv: KVNamespace) -> None:
    await kv.put(PENDING, '[null,5,1.50,true,{"a":1},[1,null,"x"],""]')
    names = ["null", "5", "1.5", "true", "[object Object]", "1,,x", ""]
    assert (await run(old, 207))["errors"] == [f"Task {name}: not found in old queue" for name in names]


async def test_h45_rollback_takes_new_born_tasks_too(new: httpx.AsyncClient, kv: KVNamespace) -> None:
    await new.post("/webhook/slack", json={"event": {"text": "x", "ts": "1"}})
    assert (await new.post(ROLLBACK)).json()["deleted"] == 1
    assert (await kv.list(prefix="queue:"))["keys"] == []


async def test_h49_a_task_gets_a_fresh_hour(
    old: httpx.AsyncClient, kv: KVNamespace, clock: ManualClock
) -> None:
    await kv.put(PENDING, '["t1"]')
    await kv.put("orchestrator:queue:t1", "{}", expirationTtl=100)
    await run(old, 200)
    [key] = (await kv.list(prefix="queue:task:"))["keys"]
    assert key == {"name": "queue:task:t1", "expiration": clock.now_ms() // 1000 + 3600}


async def test_h50_a_permanent_task_gets_an_end(
    old: httpx.AsyncClient, kv: KVNamespace, clock: ManualClock
) -> None:
    await kv.put(PENDING, '["t1"]')
    await put_tasks(kv, "t1")
    await run(old, 200)
    [key] = (await kv.list(prefix="queue:task:"))["keys"]
    assert key["expiration"] == clock.now_ms() // 1000 + 3600


@pytest.mark.parametrize(
    ("options", "left"),
    [
        pytest.param({"expirationTtl": 60}, 60, id="h51_one_about_to_end_gets_a_minute"),
        pytest.param({}, 300, id="h52_a_permanent_one_gets_five_minutes"),
    ],
)
async def test_a_lease_gets_another_end(
    old: httpx.AsyncClient, kv: KVNamespace, clock: ManualClock, options: dict[str, int], left: int
) -> None:
    await kv.put(PENDING, "[]")
    await kv.put("orchestrator:lease:t1", '{"workerId":"w"}', **options)
    clock.advance(40_000)
    await run(old, 200)
    [key] = (await kv.list(prefix="queue:lease:"))["keys"]
    assert key["expiration"] == clock.now_ms() // 1000 + left


async def test_h54_metadata_is_lost(old: httpx.AsyncClient, kv: KVNamespace) -> None:
    await kv.put(PENDING, '["t1"]')
    await kv.put("orchestrator:queue:t1", "{}", metadata={"by": "w"})
    await run(old, 200)
    assert (await kv.getWithMetadata("queue:task:t1"))["metadata"] is None


async def test_h55_a_value_is_written_anew(old: httpx.AsyncClient, kv: KVNamespace) -> None:
    await kv.put(PENDING, '["t1"]')
    await kv.put("orchestrator:queue:t1", '{"n": 9007199254740993, "a": 1, "a": 2.0}')
    await run(old, 200)
    assert await kv.get("queue:task:t1") == '{"n":9007199254740992,"a":2}'


@pytest.mark.parametrize("value", ["0", '""', "false", "null"])
async def test_h56_a_falsy_value_is_not_found(old: httpx.AsyncClient, kv: KVNamespace, value: str) -> None:
    await kv.put(PENDING, '["t1"]')
    await kv.put("orchestrator:queue:t1", value)
    assert (await run(old, 207))["errors"] == ["Task t1: not found in old queue"]
    assert await kv.get("orchestrator:queue:t1") == value


@pytest.mark.parametrize("value", ["[]", "{}", '"0"', "1", "true"])
async def test_h56_every_other_value_moves(old: httpx.AsyncClient, kv: KVNamespace, value: str) -> None:
    await kv.put(PENDING, '["t1"]')
    await kv.put("orchestrator:queue:t1", value)
    await run(old, 200)
    assert await kv.get("queue:task:t1") == value


async def test_h57_a_corrupt_task_fails_in_javascripts_words(old: httpx.AsyncClient, kv: KVNamespace) -> None:
    await kv.put(PENDING, '["bad","t1"]')
    await kv.put("orchestrator:queue:bad", "{oops")
    await put_tasks(kv, "t1")
    [error] = (await run(old, 207))["errors"]
    assert error.startswith("Task bad: SyntaxError: ")
    assert await kv.get("queue:task:bad") is None


async def test_a_lease_without_value_is_passed_over(old: httpx.AsyncClient, kv: KVNamespace) -> None:
    await kv.put(PENDING, "[]")
    await kv.put("orchestrator:lease:t1", "null")
    assert (await run(old, 200))["leases"] == {"migrated": 0, "failed": 0, "errors": []}


async def test_a_corrupt_lease_is_named_by_its_key(old: httpx.AsyncClient, kv: KVNamespace) -> None:
    await kv.put(PENDING, "[]")
    await kv.put("orchestrator:lease:t1", "{oops")
    [error] = (await run(old, 207))["leases"]["errors"]
    assert error.startswith("Lease orchestrator:lease:t1: SyntaxError: ")


class Faulty(Around):
    """An empty store that refuses one operation on keys with a ``prefix``; a get of them finds nothing."""

    def __init__(self, verb: Verb, prefix: str) -> None:
        super().__init__(SqliteStore.in_memory())
        self.verb = verb
        self.prefix = prefix

    async def _around(self, verb: Verb, key: str, operation: Operation[T], *arguments: Any) -> T:
        if verb == self.verb and key.startswith(self.prefix):
            if verb == "get":
                return None  # type: ignore[return-value]
            raise KVError(_REFUSALS[verb])
        return await operation(*arguments)


_REFUSALS = {
    "put": "KV PUT failed: 429 Too Many Requests",
    "delete": "KV DELETE failed: 500 Internal Server Error",
    "scan": "KV list() limit exceeded for the day.",
}


@pytest.mark.parametrize(
    ("verb", "prefix", "error", "old_stays"),
    [
        ("get", "queue:task:t1", "Task t1: Error: Failed to verify new key write", True),
        ("put", "queue:task:t1", "Task t1: Error: KV PUT failed: 429 Too Many Requests", True),
        (
            "delete",
            "orchestrator:queue:t1",
            "Task t1: Error: KV DELETE failed: 500 Internal Server Error",
            True,
        ),
        (
            "get",
            "queue:lease:",
            "Lease orchestrator:lease:t1: Error: Failed to verify new lease key write",
            False,
        ),
    ],
)
async def test_an_error_of_kv_fails_one_key(
    serve: Serve, verb: Verb, prefix: str, error: str, old_stays: bool
) -> None:
    """H11, H12."""
    kv = KVNamespace(Faulty(verb=verb, prefix=prefix))
    await kv.put(PENDING, '["t1","t2"]')
    await put_tasks(kv, "t1", "t2")
    await kv.put("orchestrator:lease:t1", '{"workerId":"w"}')
    assert (await run(serve(CACHE=kv), 207))["errors"] == [error]
    assert await kv.get(PENDING) is None
    assert (await kv.get("orchestrator:queue:t1") is not None) is old_stays


async def test_h14_leases_that_cannot_be_listed_are_a_success(serve: Serve) -> None:
    kv = KVNamespace(Faulty(verb="scan", prefix="orchestrator:lease:"))
    await kv.put(PENDING, '["t1"]')
    await put_tasks(kv, "t1")
    client = serve(CACHE=kv)
    answer = await run(client, 200)
    assert (answer["success"], answer["totalFailed"]) == (True, 0)
    assert answer["errors"] == ["Fatal: Error: KV list() limit exceeded for the day."]
    assert (await client.get(STATUS)).json() == {
        "success": False,
        "error": "Error: KV list() limit exceeded for the day.",
    }


async def test_h47_a_rollback_that_breaks_has_deleted_some(serve: Serve) -> None:
    kv = KVNamespace(Faulty(verb="delete", prefix="queue:task:b"))
    for name in "abc":
        await kv.put(f"queue:task:{name}", "{}")
    response = await serve(CACHE=kv).post(ROLLBACK)
    assert response.status_code == 500
    assert response.json() == {
        "success": False,
        "error": "Error: KV DELETE failed: 500 Internal Server Error",
    }
    assert [key["name"] for key in (await kv.list())["keys"]] == ["queue:task:b", "queue:task:c"]
