"""Durable Objects answer as workerd's do: as recorded, and as it answers now where it is installed."""

import json
from pathlib import Path
from typing import Any

import pytest

from kvstore import SystemClock
from kvstore.sql.inline import InlineDatabase
from tests.worker.durable import real
from tests.worker.durable.calls import CALLS, RECORDED, VALUES, Call, recorded, run
from tests.worker.durable.probe import NOW, Ours, literals
from worker.durable import FolderDisk
from worker.durable.object_id import named
from worker.durable.storage.rows import SETUP, Rows
from worker.durable.structured_clone import deserialize, serialize
from worker.sdk.ffi.errors import JsException

pytestmark = pytest.mark.anyio

# workerd's error for a class in JavaScript; one in Python gets none: its runtime finds any method.
NO_HANDLER = {
    "error": "TypeError: Your Durable Object class must have an alarm() handler in order to call setAlarm()"
}


def stored_values() -> dict[str, str]:
    values: dict[str, str] = json.loads(RECORDED.read_text())["values"]
    return values


async def test_every_call_is_answered_as_workerd_answered_it() -> None:
    ours = Ours()
    answers = recorded()
    assert [one["asked"] for one in answers] == [json.loads(json.dumps(call.asked())) for call in CALLS]
    for call, one in zip(CALLS, answers, strict=True):
        answer = one["answer"]
        if isinstance(answer, list):
            answer = [{"undefined": True} if part == NO_HANDLER else part for part in answer]
        assert await ours.ask(call) == answer, call


@pytest.mark.parametrize(("place", "value"), [*enumerate(VALUES)])
def test_deserialize_reads_what_v8_wrote(place: int, value: Any) -> None:
    data = bytes.fromhex(stored_values()[f"v{place:03}"])
    assert deserialize(data) == value
    assert deserialize(serialize(value)) == value
    # V8 has two forms for an array, by how it came to be; ours is the one of an array literal.
    if "[" not in json.dumps(value):
        assert serialize(value) == data


@pytest.mark.parametrize(("name", "value"), literals().items())
def test_serialize_writes_what_v8_writes(name: str, value: Any) -> None:
    data = bytes.fromhex(stored_values()[name])
    assert serialize(value) == data
    assert deserialize(data) == value
    assert type(deserialize(data)) is type(value)


@pytest.mark.parametrize("value", [lambda: None, object()], ids=["function", "object"])
def test_serialize_refuses_what_is_more_than_data(value: Any) -> None:
    with pytest.raises(JsException, match="could not be cloned") as caught:
        serialize(value)
    assert caught.value.name == "DataCloneError"


@pytest.mark.parametrize("data", [b"", b"\xff\x0fo", b'\xff\x0f"\x05ab', b"\xff\x0fR", b"\xff\x0f^\x05"])
def test_deserialize_refuses_what_is_no_value(data: bytes) -> None:
    with pytest.raises(JsException) as caught:
        deserialize(data)
    assert caught.value.name == "DataCloneError"


@pytest.mark.workerd
async def test_workerd_still_answers_as_it_was_recorded(tmp_path: Path) -> None:
    assert await real.record(tmp_path) == json.loads(RECORDED.read_text())


@pytest.mark.workerd
async def test_workerd_reads_what_we_stored_and_the_other_way_round(tmp_path: Path) -> None:
    key = real.unique_key("Probe")
    values = {f"v{place:03}": value for place, value in enumerate(VALUES)}
    ours = Ours(FolderDisk(tmp_path / key))
    await ours.ask(run("shared", ["put", values]))
    ours.objects["PROBE"].close()

    async with real.workerd(tmp_path) as theirs:
        found = await theirs.ask(run("shared", ["list"], ["put", "theirs", {"n": [1, "日"]}]))
    assert dict(found[0]["map"]) == values

    ours = Ours(FolderDisk(tmp_path / key))
    assert await ours.ask(run("shared", ["get", "theirs"])) == [{"n": [1, "日"]}]
    ours.objects["PROBE"].close()


@pytest.mark.workerd
async def test_an_alarm_set_by_workerd_is_found_in_its_file(tmp_path: Path) -> None:
    when = NOW + 10_000_000_000
    async with real.workerd(tmp_path) as theirs:
        await theirs.ask(run("a", ["setAlarm", when], namespace="RINGING"))
    digits = named("a", real.unique_key("Ringing")).js_string()
    database = InlineDatabase(tmp_path / real.unique_key("Ringing") / f"{digits}.sqlite", SETUP)
    assert Rows(database).alarm == when
    await database.close()


@pytest.mark.workerd
async def test_an_alarm_that_fails_rings_again_as_late_as_in_workerd(tmp_path: Path) -> None:
    """Two failures: the object says so, and how often it was tried; delays are in test_alarms."""
    ours = Ours()
    asked = run("a", ["put", "failures", 2], ["setAlarm", 1], namespace="RINGING")
    read = run("a", ["get", "rings"], ["getAlarm"], namespace="RINGING")
    await ours.ask(asked)
    for _ in range(3):
        assert await ours.objects["RINGING"].ring_due() == 1
        ours.clock.advance(5_000)
    async with real.workerd(tmp_path) as theirs:
        await theirs.ask(asked)
        answer = await until(theirs, read)
    assert await ours.ask(read) == answer


async def until(theirs: real.Real, read: Call) -> Any:
    """Ask until the alarm has rung three times; the real thing takes its time."""
    for _ in range(200):
        answer = await theirs.ask(read)
        if len(answer[0] if isinstance(answer[0], list) else []) == 3 and answer[1] is None:
            return answer
        await SystemClock().sleep(0.1)
    raise AssertionError(answer)
