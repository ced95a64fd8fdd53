"""The layers between a location and the namespace, as a scenario has them."""

from collections.abc import Awaitable, Callable

import pytest

from harness.engine.chance import Chance
from harness.engine.loop import LoopClock, SimulatedLoop
from harness.migrations.queue.simulation.scenario import Scenario
from harness.migrations.queue.simulation.simulate import BEGIN_MS
from harness.world.network import Network
from kvstore import Entry, KVError
from kvstore.faults import InvocationCrashed

Play = Callable[[Network, LoopClock], Awaitable[None]]


def play(line: str, story: Play) -> Network:
    """The network of a scenario after ``story``, which takes place in simulated time."""
    loop = SimulatedLoop(Chance(1, "loop"))  # type: ignore[abstract]
    clock = LoopClock(loop, BEGIN_MS)
    network = Network(Scenario.read(line), clock)

    async def whole() -> None:
        await story(network, clock)
        await network.store.close()

    loop.run(whole())
    return network


def test_other_locations_see_a_write_late_in_production_and_at_once_locally() -> None:
    seen: list[object] = []

    async def story(network: Network, clock: LoopClock) -> None:
        here, there = network.location("AMS").namespace, network.location("NRT").namespace
        await network.fill({"a": Entry(b"0")})
        await there.get("a")
        await here.put("a", "1")
        seen.append(await there.get("a"))
        await clock.sleep(61)
        seen.append(await there.get("a"))

    play("conditions=production colos=2", story)
    play("conditions=local colos=2", story)
    assert seen == ["0", "1", "1", "1"]


def test_an_operation_takes_time_by_chance_of_its_name() -> None:
    took: dict[str, list[int]] = {}

    async def story(network: Network, clock: LoopClock) -> None:
        namespace = network.location("AMS").namespace
        for name in ("one", "two"):
            with network.layers.invocations.start(name):
                for key in ("a", "b", "c"):
                    before = clock.now_ms()
                    await namespace.get(key)
                    took.setdefault(name, []).append(clock.now_ms() - before)

    play("", story)
    first = dict(took)
    took.clear()
    play("", story)
    assert took == first
    assert took["one"] != took["two"]
    assert all(4 <= one <= 6000 for each in took.values() for one in each)


def test_the_budget_and_the_page_are_those_of_the_scenario() -> None:
    async def story(network: Network, clock: LoopClock) -> None:
        await network.fill({f"k{number}": Entry(b"v") for number in range(5)})
        namespace = network.location("AMS").namespace
        with network.layers.invocations.start("operator-1.1"):
            page = await namespace.list()
            assert len(page["keys"]) == 2
            await namespace.get("k0")
            with pytest.raises(KVError, match="Too many API requests"):
                await namespace.get("k0")

    play("page=2 budget=2", story)


def test_locations_share_the_writes_of_a_second() -> None:
    async def story(network: Network, clock: LoopClock) -> None:
        await network.location("AMS").namespace.put("a", "1")
        with pytest.raises(KVError, match="429 Too Many Requests"):
            await network.location("NRT").namespace.put("a", "2")

    play("conditions=production colos=2", story)


def test_faults_happen_where_they_are_planned_and_once() -> None:
    async def story(network: Network, clock: LoopClock) -> None:
        namespace = network.location("AMS").namespace
        with network.layers.invocations.start("operator-1.1"):
            await namespace.put("a", "1")
            with pytest.raises(KVError, match="500"):
                await namespace.put("b", "1")
        with network.layers.invocations.start("operator-1.2"):
            with pytest.raises(InvocationCrashed):
                await namespace.put("c", "1")
            assert await namespace.get("b") == "1"
        assert network.befalls("dropped", "operator-1.1")
        assert not network.befalls("dropped", "operator-1.2")
        assert not network.befalls("background", "operator-1.1")

    planned = ["unanswered@operator-1.1:2", "crash@operator-1.2:1", "dropped@operator-1.1"]
    network = play(f"faults={','.join(planned)},refused@operator-9.9:1", story)
    assert network.fired == planned
    assert [(event.verb, event.key) for event in network.layers.done.events] == [("put", "a"), ("put", "b")]
    assert [event.error for event in network.layers.asked if event.key == "b"] == [
        "Error: KV PUT failed: 500 Internal Server Error",
        None,
    ]


def test_clocks_are_further_off_the_further_the_location() -> None:
    async def story(network: Network, clock: LoopClock) -> None:
        assert [network.skew(colo) for colo in ("AMS", "NRT", "IAD", "ZRH")] == [0, 500, 1000, 0]

    play("colos=3 skew=500", story)
