"""The loop: time that jumps, chance that orders, and ends that are told."""

import asyncio

import pytest

from harness.engine.chance import Chance
from harness.engine.loop import Deadlock, LoopClock, SimulatedLoop


def loop(seed: int = 1) -> SimulatedLoop:
    return SimulatedLoop(Chance(seed, "loop"))  # type: ignore[abstract]


def test_an_hour_passes_at_once() -> None:
    simulated = loop()
    clock = LoopClock(simulated, 1_000)

    async def wait() -> int:
        await clock.sleep(3600)
        return clock.now_ms()

    assert simulated.run(wait()) == 1_000 + 3_600_000
    assert simulated.is_closed()


def test_timers_come_in_the_order_of_their_time() -> None:
    simulated, heard = loop(), list[tuple[str, float]]()

    async def wait(name: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        heard.append((name, simulated.time()))

    async def everybody() -> None:
        await asyncio.gather(wait("late", 3), wait("early", 1), wait("between", 2.001))

    simulated.run(everybody())
    assert heard == [("early", 1), ("between", 2.001), ("late", 3)]


def test_a_lone_sleeper_wakes_at_once_and_never_past_another() -> None:
    simulated, heard = loop(), list[tuple[str, int]]()
    clock = LoopClock(simulated, 0)

    async def wait(name: str, *pauses: float) -> None:
        for seconds in pauses:
            await clock.sleep(seconds)
            heard.append((name, clock.now_ms()))

    async def everybody() -> None:
        await asyncio.gather(wait("often", 1, 1, 1, 1), wait("once", 2.5))

    simulated.run(everybody())
    assert heard == [("often", 1000), ("often", 2000), ("once", 2500), ("often", 3000), ("often", 4000)]


def test_time_does_not_jump_to_where_another_is_due() -> None:
    simulated = loop()
    simulated.call_later(1, lambda: None)
    assert not simulated.pause(1000).done()
    assert simulated.pause(999).done()
    assert simulated.now_ms == 999
    simulated.call_soon(lambda: None)
    assert not simulated.pause(0).done()


def test_a_cancelled_timer_takes_no_time() -> None:
    simulated = loop()

    async def hurry() -> float:
        asyncio.get_running_loop().call_later(60, lambda: None).cancel()
        await asyncio.wait_for(asyncio.sleep(1), timeout=3600)
        await asyncio.sleep(1)
        return simulated.time()

    assert simulated.run(hurry()) == 2


def order(seed: int) -> list[int]:
    """In which order five that are ready at once have their turns."""
    heard: list[int] = []

    async def turn(number: int) -> None:
        await asyncio.sleep(1)
        heard.append(number)

    async def everybody() -> None:
        await asyncio.gather(*(turn(number) for number in range(5)))

    loop(seed).run(everybody())
    return heard


def test_chance_orders_what_is_ready() -> None:
    assert all(order(seed) == order(seed) for seed in range(10))
    assert len({tuple(order(seed)) for seed in range(40)}) > 20


def test_loop_names_a_deadlock() -> None:
    async def wait_for_each_other() -> None:
        never: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        await asyncio.gather(asyncio.create_task(asyncio.wait_for(never, None), name="somebody"))

    with pytest.raises(Deadlock, match=r"nobody can go on; waiting: simulation, somebody"):
        loop().run(wait_for_each_other())


def test_loop_names_an_endless_run() -> None:
    async def ask_again_and_again() -> None:
        simulated = asyncio.get_running_loop()
        assert isinstance(simulated, SimulatedLoop)
        while True:
            await simulated.pause(3_600_000)

    with pytest.raises(Deadlock, match=r"a week has gone by, and nobody came to an end; waiting: simulation"):
        loop().run(ask_again_and_again())


def test_the_exception_of_a_callback_ends_the_simulation() -> None:
    def fail() -> None:
        raise KeyError("nobody awaits this")

    async def call() -> None:
        asyncio.get_running_loop().call_soon(fail)
        await asyncio.sleep(3600)

    with pytest.raises(KeyError, match="nobody awaits this"):
        loop().run(call())


async def fail() -> None:
    raise KeyError("nobody awaits this")


def test_the_exception_of_a_forgotten_task_ends_the_simulation() -> None:
    simulated = loop()

    async def forget() -> None:
        asyncio.get_running_loop().create_task(fail())
        await asyncio.sleep(3600)

    with pytest.raises(KeyError, match="nobody awaits this"):
        simulated.run(forget())
    assert simulated.time() == 0


def test_the_exception_of_a_task_that_somebody_holds_ends_the_simulation_at_the_end() -> None:
    held = []

    async def hold() -> None:
        held.append(asyncio.get_running_loop().create_task(fail()))
        await asyncio.sleep(3600)

    with pytest.raises(KeyError, match="nobody awaits this"):
        loop().run(hold())


def test_a_task_that_failed_explains_why_nobody_can_go_on() -> None:
    async def wait_for_it() -> None:
        never: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(fail())
        await asyncio.gather(asyncio.create_task(asyncio.wait_for(never, None)))
        await task

    with pytest.raises(KeyError, match="nobody awaits this"):
        loop().run(wait_for_it())


def test_a_task_that_fails_before_it_is_awaited_is_not_forgotten() -> None:
    async def come_late() -> None:
        task = asyncio.create_task(fail())
        await asyncio.sleep(1)
        with pytest.raises(KeyError):
            await task

    loop().run(come_late())


def test_loop_cancels_what_still_runs() -> None:
    heard: list[str] = []

    async def go_on() -> None:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            heard.append("cancelled")
            raise

    async def main() -> str:
        task = asyncio.create_task(go_on())
        await asyncio.sleep(1)
        assert not task.done()
        return "done"

    assert loop().run(main()) == "done"
    assert heard == ["cancelled"]


def test_a_simulation_may_be_run_from_a_coroutine() -> None:
    async def inner() -> int:
        await asyncio.sleep(60)
        return 5

    async def outer() -> int:
        found = loop().run(inner())
        await asyncio.sleep(0)
        return found

    assert asyncio.run(outer()) == 5
