"""The recordings, played by a real Worker in workerd whose namespaces are ours."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from kvstore import ManualClock, SystemClock
from tests.kvstore.recordings import Case, agrees, cases
from tests.kvstore.test_recordings import dump

from .rig import Rig, as_error, open_rig

pytestmark = [pytest.mark.anyio, pytest.mark.workerd]

STORES = ["inline", "state-pooled"]


@pytest.fixture(scope="module")
async def shared_rig(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Rig]:
    async with open_rig(tmp_path_factory.mktemp("workerd")) as rig:
        yield rig


@pytest.fixture(params=STORES)
async def rig(request: pytest.FixtureRequest, shared_rig: Rig, tmp_path: Path) -> AsyncIterator[Rig]:
    case = request.node.callspec.params.get("case")
    clock = SystemClock() if case is None or case.clock is None else ManualClock(case.clock)
    await shared_rig.refill(request.param, tmp_path, clock)
    yield shared_rig
    await shared_rig.close()


async def play(rig: Rig, step: dict[str, Any], results: list[Any]) -> dict[str, Any]:
    """The outcome of one step: the Worker carries it out, except what only the test can see or do."""
    arguments = referred(step["args"], results)
    store = rig.store("other" if step.get("ns") == "other" else "main")
    if step["op"] == "dump":
        return {"result": await dump(store)}
    if step["op"] == "blobCount":
        return {"result": len(await dump(store))}
    if step["op"].startswith("clock."):
        assert isinstance(store.clock, ManualClock)
        (store.clock.set if step["op"] == "clock.set" else store.clock.advance)(arguments[0])
        return {"result": {"$type": "undefined"}}
    return await rig.worker.play(step.get("ns", ""), step["op"], arguments)


def referred(given: Any, results: list[Any]) -> Any:
    """``given`` with every ``$ref`` replaced by the part of an earlier result that it names."""
    if isinstance(given, list):
        return [referred(item, results) for item in given]
    if not isinstance(given, dict):
        return given
    if "$ref" not in given:
        return {name: referred(item, results) for name, item in given.items()}
    value = results[given["$ref"]["step"]]
    for part in given["$ref"]["path"]:
        value = value[part]
    return value


def matches(expected: dict[str, Any], outcome: dict[str, Any]) -> bool:
    """Whether the outcome is the recorded one, an error thrown at once or through the promise included."""
    if "error" not in outcome:
        return agrees(expected, outcome["result"], None)
    sync = expected.get("error", {}).get("sync", False) == outcome["error"]["sync"]
    return sync and agrees(expected, None, as_error(outcome["error"]))


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
async def test_recorded_binding(case: Case, rig: Rig) -> None:
    results: list[Any] = []
    for index, step in enumerate(case.steps):
        outcome = await play(rig, step, results)
        results.append(outcome.get("result"))
        accepted = [step[name] for name in ("expect", "expect_newer") if name in step]
        assert any(matches(expected, outcome) for expected in accepted), (index, step, outcome)


async def test_put_of_a_stream_that_fails_stores_nothing(rig: Rig) -> None:
    await rig.worker.play("", "put", ["k", "before"])
    broken = {"$type": "failingStream", "chunks": ["YWJj", "ZGVm"], "message": "the source dried up"}
    outcome = await rig.worker.play("", "put", ["k", broken])
    assert outcome["error"]["message"] == "the source dried up"
    assert await rig.worker.play("", "get", ["k"]) == {"result": "before"}


async def test_bulk_get_of_a_lone_surrogate_asks_for_its_bytes(rig: Rig) -> None:
    asked = await rig.worker.play("", "get", [["a\ud800", "a\ufffd\ufffd\ufffd"]])
    assert asked == {"result": {"$type": "map", "entries": [["a\ufffd\ufffd\ufffd", None]]}}
