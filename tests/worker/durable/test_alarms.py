"""Alarms: at their time or later, at least once, again when the handler fails."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from kvstore import ManualClock, SeededEntropy, SystemClock
from kvstore.faults import InvocationCrashed
from worker.durable import FolderDisk, MemoryDisk, ObjectError, Objects
from worker.sdk import DurableObject

pytestmark = pytest.mark.anyio

NOW = 1_795_000_000_000


class Ringing(DurableObject):
    async def ring(self, at: int, failures: int = 0, again: int = 0) -> None:
        await self.ctx.storage.put("failures", failures)
        await self.ctx.storage.put("again", again)
        await self.ctx.storage.setAlarm(at)

    async def alarm(self, info: Any) -> None:
        storage = self.ctx.storage
        rings = (await storage.get("rings")) or []
        rings.append([info.retryCount, info.isRetry])
        await storage.put("rings", rings)
        if await storage.get("again"):
            await storage.setAlarm(await storage.get("again"))
            await storage.put("again", 0)
        if len(rings) <= await storage.get("failures"):
            raise ValueError("not yet")

    async def rings(self) -> Any:
        return await self.ctx.storage.get("rings")

    async def planned(self) -> Any:
        return await self.ctx.storage.getAlarm()

    async def cancel(self) -> None:
        await self.ctx.storage.deleteAlarm()


class Stage:
    def __init__(self, disk: Any = None, ring: bool = False, probe: Any = None) -> None:
        self.clock = ManualClock(NOW)
        self.disk = disk or MemoryDisk()
        self.objects = Objects(
            "test-Ringing",
            Ringing,
            {},
            disk=self.disk,
            clock=self.clock,
            entropy=SeededEntropy(3),
            ring=ring,
            probe=probe,
        )

    @property
    def stub(self) -> Any:
        return self.objects.binding.getByName("a")

    async def advance(self, milliseconds: int) -> int:
        self.clock.advance(milliseconds)
        return await self.objects.ring_due()


async def test_an_alarm_rings_at_its_time_and_once() -> None:
    stage = Stage()
    await stage.stub.ring(NOW + 1000)
    assert await stage.stub.planned() == NOW + 1000
    assert [await stage.advance(999), await stage.advance(1), await stage.advance(10**9)] == [0, 1, 0]
    assert await stage.stub.rings() == [[0, False]]
    assert (await stage.stub.planned(), stage.objects.next_alarm) == (None, None)


async def test_a_second_alarm_replaces_the_first() -> None:
    stage = Stage()
    await stage.stub.ring(NOW + 1000)
    await stage.stub.ring(NOW + 5000)
    assert [await stage.advance(1000), await stage.advance(4000)] == [0, 1]


async def test_a_cancelled_alarm_does_not_ring() -> None:
    stage = Stage()
    await stage.stub.ring(NOW + 1000)
    await stage.stub.cancel()
    assert await stage.advance(10_000) == 0


async def test_an_alarm_that_fails_rings_again_later_and_later_six_times() -> None:
    stage = Stage()
    await stage.stub.ring(NOW, 100)
    waits = []
    for _ in range(7):
        assert await stage.objects.ring_due() == 1
        if stage.objects.next_alarm is not None:
            waits.append(stage.objects.next_alarm - stage.clock.now_ms())
            stage.clock.set(stage.objects.next_alarm)
    assert await stage.stub.rings() == [[retry, retry > 0] for retry in range(7)]
    assert len(waits) == 6
    assert all(2000 << n <= wait < (2000 << n) * 1.25 for n, wait in enumerate(waits))
    assert (await stage.stub.planned(), await stage.advance(10**9)) == (None, 0)


async def test_an_alarm_set_while_it_rings_counts_even_if_the_handler_fails() -> None:
    stage = Stage()
    await stage.stub.ring(NOW, 1, NOW + 60_000)
    assert await stage.objects.ring_due() == 1
    assert stage.objects.next_alarm == NOW + 60_000
    assert await stage.advance(60_000) == 1
    assert await stage.stub.rings() == [[0, False], [0, False]]


@pytest.mark.parametrize("at", ["get", "put", "commit"])
async def test_an_alarm_that_crashes_rings_again(at: str) -> None:
    armed: list[str] = []

    def crash(operation: str) -> None:
        if operation in armed:
            armed.clear()
            raise InvocationCrashed(operation)

    stage = Stage(probe=crash)
    await stage.stub.ring(NOW)
    armed.append(at)
    assert await stage.objects.ring_due() == 1
    assert await stage.stub.rings() is None
    assert await stage.advance(3000) == 1
    assert await stage.stub.rings() == [[1, True]]


async def test_a_crash_before_the_commit_forgets_the_alarm_too() -> None:
    def crash(operation: str) -> None:
        if operation == "setAlarm":
            raise InvocationCrashed(operation)

    stage = Stage(probe=crash)
    with pytest.raises(ObjectError):
        await stage.stub.ring(NOW)
    assert stage.objects.next_alarm is None


async def test_alarms_are_restored_after_a_restart(tmp_path: Path) -> None:
    first = Stage(FolderDisk(tmp_path / "test-Ringing"))
    await first.stub.ring(NOW + 1000)
    first.objects.close()
    second = Stage(FolderDisk(tmp_path / "test-Ringing"))
    second.objects.restore()
    assert await second.advance(1000) == 1
    assert await second.stub.rings() == [[0, False]]
    second.objects.close()


async def test_alarms_ring_by_themselves_on_the_clock() -> None:
    stage = Stage(ring=True)
    await stage.stub.ring(NOW + 1000)
    for _ in range(20):
        await asyncio.sleep(0)
    assert await stage.stub.rings() == [[0, False]]
    stage.objects.close()


async def test_alarms_ring_by_themselves_in_real_time() -> None:
    objects = Objects("test-Ringing", Ringing, {})
    stub = objects.binding.getByName("a")
    await stub.ring(SystemClock().now_ms() + 20)
    async with asyncio.timeout(5):
        while not await stub.rings():
            await SystemClock().sleep(0.005)
    objects.close()
