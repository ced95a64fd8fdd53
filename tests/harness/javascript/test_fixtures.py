"""A JavaScript Worker in a test: the verbs are those for a Python one, and one workerd serves all tests."""

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.outbound import Outbound
from harness.system.javascript import code as javascript_code
from harness.system.javascript.code import JavaScriptCode
from harness.system.javascript.invocation import JavaScriptError
from harness.system.javascript.isolates import Isolates
from harness.testing.answer import Answer
from harness.testing.client import AsyncClient, Client
from harness.testing.deployed import Deployed, Options, _stage
from harness.testing.keys import Namespaces
from harness.testing.time import TestClock

pytestmark = [
    pytest.mark.workerd,
    pytest.mark.usefixtures("javascript"),
    pytest.mark.worker("shop"),
]
SHOP = Path(__file__).parent / "shop"
OUTSIDE = "https://api.example.com"


@pytest.fixture(scope="module", autouse=True)
def nothing_is_left_running() -> Iterator[None]:
    yield
    _close(SHOP)


def _close(folder: Path) -> None:
    code = _stage(folder, None).worker_code
    assert isinstance(code, JavaScriptCode)
    code.close()


def test_background_work_is_done_and_what_is_printed_is_logged(
    worker: Client, kv: Namespaces, capsys: pytest.CaptureFixture[str]
) -> None:
    before = kv.NOTES.snapshot()
    assert worker.put("/a", body="milk").status == 204
    assert kv.NOTES.diff(before).added == ["a", "last"]
    assert worker.logs == ["putting a", 'told {"a":1}']
    assert capsys.readouterr() == ("putting a\n", 'told {"a":1}\n')


def test_what_is_thrown_is_heard(worker: Client, kv: Namespaces) -> None:
    assert worker.put("/bad", body="1").status == 204
    (error,) = worker.background_errors
    assert str(error).startswith("Error: later (src/index.js:")
    kv.NOTES.fail("refused@1")
    assert worker.get("/a").status == 500
    assert [str(error) for error in worker.errors] == [
        "Error: KV GET failed: 500 Internal Server Error (src/index.js:46)"
    ]
    kv.NOTES.fail("crash@1")
    with pytest.raises(ConnectionError, match="no answer was sent"):
        worker.get("/a")
    assert worker.get("/a").status == 404


def test_its_clock_is_the_tests_and_it_knows_its_location(worker: Client, clock: TestClock) -> None:
    clock.advance(days=40)
    answer = worker.get("/time", colo="NRT")
    assert (answer.text, answer.headers["x-colo"]) == ("2026-02-10T00:00:05.000Z", "NRT")


@pytest.mark.parametrize("time", ["first", "second"])
def test_durable_objects_are_new_for_each_test_and_one_for_all_locations(worker: Client, time: str) -> None:
    assert [worker.get("/count-all", colo=colo).text for colo in ("AMS", "NRT")] == ["1", "2"]


def test_a_module_that_awaits_has_its_durable_objects(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(SHOP, tmp_path / "shop"))
    code = folder / "src" / "index.js"
    code.write_text(code.read_text() + "await Promise.resolve();\n")
    deployed = Deployed(Options(folder))
    try:
        assert Client(deployed).get("/count-all").text == "1"
    finally:
        deployed.close()
        _close(folder)


def test_alarms_ring_as_the_clock_moves_and_again_where_they_fail(
    worker: Client, clock: TestClock, kv: Namespaces
) -> None:
    worker.get("/count-bad")
    clock.advance(seconds=31)
    assert [str(error) for error in worker.errors] == ["Error: not yet 0"]
    clock.advance(seconds=10)
    assert len(worker.errors) == 2
    assert kv.NOTES.text("alarm") == "rang for bad"


def test_a_cron_job_runs(worker: Client, kv: Namespaces, clock: TestClock) -> None:
    worker.scheduled("0 * * * *")
    assert kv.NOTES.text("swept") == f"0 * * * * {clock.now_ms()}"
    with pytest.raises(JavaScriptError, match="no such time"):
        worker.scheduled("bad")


def test_the_world_outside_answers_what_the_test_says(worker: Client, outbound: Outbound) -> None:
    assert worker.get("/outside").status == 500
    assert [one.url for one in outbound.unexpected] == [f"{OUTSIDE}/x"]
    outbound.post(f"{OUTSIDE}/x", status=303, headers={"location": "/y"})
    outbound.get(f"{OUTSIDE}/y", json={"ok": "é"})
    assert worker.get("/outside").json() == {"ok": "é"}
    assert [(one.method, one.content) for one in outbound.sent[1:]] == [("POST", b"asked"), ("GET", b"")]
    assert outbound.sent[1].headers["x-by"] == "me"


@pytest.mark.worker("shop", strict=True)
def test_strict_listings_are_those_of_production(worker: Client, kv: Namespaces) -> None:
    kv.NOTES.seed({f"key-{number}": "1" for number in range(40)})
    cursors = [worker.get("/list").json() for _ in range(10)]
    cursor = next(filter(None, cursors))
    assert worker.get("/list", headers={"cursor": cursor}).ok
    assert worker.get("/list", headers={"cursor": "bad"}).status == 500


@pytest.mark.worker("shop", conditions="production")
def test_a_location_goes_on_seeing_what_it_read(worker: Client) -> None:
    assert worker.get("/a", colo="NRT").status == 404
    worker.put("/a", body="1")
    assert worker.get("/a").status == 200
    assert worker.get("/a", colo="NRT").status == 404


def test_an_async_test_gathers_requests(async_worker: AsyncClient) -> None:
    async def both() -> list[Answer]:
        return list(await asyncio.gather(async_worker.get("/time"), async_worker.get("/json?a")))

    assert [answer.status for answer in asyncio.run(both())] == [200, 500]


def test_one_workerd_serves_every_test_and_no_test_sees_another(monkeypatch: pytest.MonkeyPatch) -> None:
    started = []

    class Noted(Isolates):
        def __init__(self, *given: Any, tested: bool) -> None:
            started.append(self)
            super().__init__(*given, tested=tested)

    monkeypatch.setattr(javascript_code, "Isolates", Noted)
    for _ in range(3):
        deployed = Deployed(Options(SHOP))
        assert Client(deployed).get("/module").text == "1"
        deployed.close()
    assert len(started) <= 1
