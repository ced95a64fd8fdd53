"""A Worker in a test: its keys, its clock, and the world outside."""

import asyncio
import socket
from pathlib import Path
from select import select

import pytest

from harness.outbound import Outbound
from harness.testing.answer import Answer
from harness.testing.client import AsyncClient, Client
from harness.testing.keys import Namespaces
from harness.testing.time import TestClock
from kvstore import Entry

pytestmark = pytest.mark.worker("shop")


def test_diff_shows_what_the_worker_wrote(worker: Client, kv: Namespaces) -> None:
    kv.NOTES.seed({"a": "1", "b": {"is": "json"}, "c": Entry(b"3", None, '{"m":1}')})
    before = kv.NOTES.snapshot()
    assert worker.put("/a", body="milk").status == 204
    changes = kv.NOTES.diff(before)
    assert (changes.added, changes.changed, changes.removed) == (["last"], ["a"], [])
    assert kv.NOTES["c"].metadata == '{"m":1}'
    assert kv.NOTES.json("b") == {"is": "json"}


def test_background_work_is_done_when_the_answer_is_there(worker: Client, kv: Namespaces) -> None:
    worker.put("/x", body="1")
    assert kv.NOTES.text("last") == "x"


def test_a_failure_in_the_background_changes_no_answer(worker: Client) -> None:
    assert worker.put("/bad", body="1").status == 204
    assert [str(error) for error in worker.background_errors] == ["later"]


def test_an_exception_is_a_500_with_its_traceback(worker: Client, kv: Namespaces) -> None:
    kv.NOTES.fail("refused@1")
    answer = worker.get("/a")
    assert answer.status == 500
    assert "KV GET failed: 500" in answer.text
    assert len(worker.errors) == 1
    assert worker.get("/a").status == 404


def test_a_cut_off_invocation_gives_no_answer(worker: Client, kv: Namespaces) -> None:
    kv.NOTES.fail("crash@1")
    with pytest.raises(ConnectionError, match="no answer was sent"):
        worker.get("/a")


def test_an_http_client_reaches_nobody(worker: Client, kv: Namespaces) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        kv.NOTES.seed({"url": f"http://127.0.0.1:{server.getsockname()[1]}"})
        assert worker.get("/client").status == 500
        assert select([server], [], [], 0) == ([], [], [])


def test_entries_expire_as_the_clock_moves(worker: Client, clock: TestClock) -> None:
    worker.put("/a", body="1")
    clock.advance(seconds=45)
    assert worker.get("/a").ok
    clock.advance(seconds=10)
    assert worker.get("/a").status == 404


def test_every_clock_of_the_worker_moves(worker: Client, clock: TestClock) -> None:
    assert worker.get("/time").text == "2026-01-01T00:00:05"
    clock.advance(days=40)
    assert worker.get("/time").text == "2026-02-10T00:00:10"
    with pytest.raises(ValueError, match="time does not go back"):
        clock.advance(seconds=-1)


@pytest.mark.worker("shop", at="2027-01-15T08:00:00Z")
def test_a_test_can_begin_at_another_time(worker: Client) -> None:
    assert worker.get("/time").headers["x-time"] == "1800000005.0"


def test_alarms_ring_as_the_clock_moves(worker: Client, clock: TestClock, kv: Namespaces) -> None:
    assert [worker.get("/count").text for _ in range(2)] == ["1", "2"]
    clock.advance(seconds=31)
    assert kv.NOTES.text("alarm") == "rang"


@pytest.mark.parametrize("time", ["first", "second"])
def test_everything_is_empty_for_every_test(worker: Client, kv: Namespaces, time: str) -> None:
    assert worker.get("/count").text == "1"
    assert worker.get("/sql").text == "1"
    assert not len(kv.NOTES)
    worker.put("/left", body=time)


def test_the_world_outside_answers_what_the_test_says(worker: Client, outbound: Outbound) -> None:
    assert worker.get("/outside").status == 500
    assert [one.url for one in outbound.unexpected] == ["https://api.example.com/x"]
    outbound.post("https://api.example.com/x", json={"ok": 1})
    assert worker.get("/outside").json() == {"ok": 1}
    assert [one.content for one in outbound.sent] == [b"asked", b"asked"]


def test_logs_hold_what_the_worker_prints(worker: Client, capsys: pytest.CaptureFixture[str]) -> None:
    worker.put("/a", body="1")
    assert worker.logs == ["putting a"]
    assert capsys.readouterr().out == "putting a\n"


def test_a_cron_job_runs(worker: Client, kv: Namespaces, clock: TestClock) -> None:
    worker.scheduled("0 * * * *")
    assert kv.NOTES.text("swept") == f"0 * * * * {clock.now_ms()}"


@pytest.mark.worker("shop", conditions="production")
def test_a_location_goes_on_seeing_what_it_read(worker: Client, kv: Namespaces) -> None:
    assert worker.get("/a", colo="NRT").status == 404
    worker.put("/a", body="1")
    assert worker.get("/a").status == 200
    assert worker.get("/a", colo="NRT").status == 404
    kv.NOTES.fail("refused@1")
    assert worker.get("/a", colo="NRT").status == 500
    with pytest.raises(ValueError, match="'XXX' is not a location"):
        worker.get("/a", colo="XXX")


@pytest.mark.worker("shop", strict=True)
def test_strict_listings_are_those_of_production(worker: Client, kv: Namespaces) -> None:
    kv.NOTES.seed({f"key-{number}": "1" for number in range(40)})
    cursors = [worker.get("/list").json() for _ in range(10)]
    assert any(cursor is not None for cursor in cursors)


def test_a_request_can_carry_what_requests_carry(worker: Client) -> None:
    answer = worker.post("/json", json={"a": [1]}, params={"q": "1"}, headers={"x": "y"})
    assert (answer.status, answer.json()) == (201, {"a": [1]})
    with pytest.raises(ValueError, match="not JSON"):
        worker.get("/none").json()


def test_an_async_test_has_requests_at_the_same_time(async_worker: AsyncClient) -> None:
    async def both() -> list[Answer]:
        return list(await asyncio.gather(async_worker.get("/time"), async_worker.get("/time")))

    assert [answer.text for answer in asyncio.run(both())] == ["2026-01-01T00:00:05"] * 2


def test_a_bulk_file_is_seeded(kv: Namespaces, tmp_path: Path) -> None:
    (tmp_path / "export.json").write_text('[{"key": "a", "value": "1", "expiration_ttl": 60}]')
    kv.NOTES.seed(tmp_path / "export.json")
    assert kv.NOTES["a"] == Entry(b"1", 1767225660, None)


def test_a_namespace_that_is_not_bound_is_named(kv: Namespaces) -> None:
    with pytest.raises(AttributeError, match=r"binds no KV namespace 'CACHE'; it binds: NOTES"):
        _ = kv.CACHE
