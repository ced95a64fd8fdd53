"""Ended subscriptions are taken away every minute, and the living ones are not."""

import asyncio

import httpx
import pytest

from kvstore.clock import ManualClock
from kvstore.entropy import SeededEntropy
from tests.worker.codeq.bench import Bench
from worker.codeq import Server
from worker.codeq.documents import Timeline
from worker.codeq.service.engine import Engine
from worker.codeq.settings import SAO_PAULO, Settings

pytestmark = pytest.mark.anyio


async def subscribe(bench: Bench, seconds: int) -> str:
    body = {"callbackUrl": "http://listener.test/", "ttlSeconds": seconds}
    made: str = (await bench.call("/workers/subscriptions", body)).json()["subscriptionId"]
    return made


async def test_sweep_removes_expired_tasks_everywhere(bench: Bench) -> None:
    ended, living = await subscribe(bench, 30), await subscribe(bench, 600)
    await bench.create()  # which notes when each was told
    assert await bench.server.call("EXISTS", f"codeq:subs:last:{ended}") == 1
    bench.clock.advance(31_000)
    assert await bench.codeq.state.engine.sweep.once() == 1
    assert await bench.server.call("HKEYS", "codeq:subs") == [living]
    for command in ("generate_master", "generate_creative"):
        assert await bench.server.call("ZRANGE", f"codeq:subs:{command}", 0, -1) == [living]
    assert await bench.server.call("EXISTS", f"codeq:subs:last:{ended}") == 0
    assert await bench.server.call("EXISTS", f"codeq:subs:last:{living}") == 1


async def test_sweep_keeps_an_extended_task(bench: Bench) -> None:
    subscription = await subscribe(bench, 30)
    bench.clock.advance(29_000)
    await bench.call(f"/workers/subscriptions/{subscription}/heartbeat", {"ttlSeconds": 30})
    bench.clock.advance(5_000)
    assert await bench.codeq.state.engine.sweep.once() == 0


async def test_sweep_keeps_an_unreadable_task(bench: Bench) -> None:
    await bench.server.call("HSET", "codeq:subs", "odd", "{no json")
    assert await bench.codeq.state.engine.sweep.once() == 0
    assert await bench.server.call("HEXISTS", "codeq:subs", "odd") == 1


class Minutes(ManualClock):
    """Notes how long it is slept, and ends the sleeper after three times."""

    def __init__(self) -> None:
        super().__init__()
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if len(self.slept) == 3:
            raise asyncio.CancelledError
        await super().sleep(seconds)


async def test_sweep_runs_every_minute_and_survives_a_failing_server(server: Server) -> None:
    await server.call("SET", "codeq:subs", "no hash")
    clock = Minutes()
    async with httpx.AsyncClient() as http:
        sweep = Engine(server, http, Timeline(clock, SAO_PAULO), SeededEntropy(1), Settings()).sweep
    with pytest.raises(asyncio.CancelledError):
        await sweep.run()
    assert clock.slept == [60, 60, 60]
