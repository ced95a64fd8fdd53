"""Every hazard of the move can be brought about, does what it is known for, and is found."""

import pytest

from harness.migrations.codeq.hazards import HAZARDS, Hazard, show
from harness.migrations.codeq.hazards.hazard import Seen
from harness.migrations.codeq.hazards.stage import Stage
from harness.migrations.redis.keyspace.pieces import keys_under
from worker.codeq import Server

pytestmark = pytest.mark.anyio

START = 1_795_311_283_496


def test_there_are_twenty_two_drills() -> None:
    assert [hazard.name for hazard in HAZARDS] == [f"codeq/H{number}" for number in range(1, 23)]


@pytest.mark.parametrize("hazard", HAZARDS, ids=lambda hazard: hazard.name)
async def test_the_hazard_happens_and_is_found(server: Server, hazard: Hazard) -> None:
    await server.call("FLUSHALL")
    shown = await show(hazard, server, START)
    assert shown.what, "it did not happen"
    assert shown.found, "nothing tells of it"
    assert await keys_under(server, "") == []


@pytest.mark.parametrize(
    "hazard", ["codeq/H4", "codeq/H5", "codeq/H6", "codeq/H8", "codeq/H14", "codeq/H16", "codeq/H19"]
)
async def test_without_the_damage_nobody_speaks_of_the_hazard(redis7: Server, hazard: str) -> None:
    async def nothing(stage: Stage) -> Seen:
        told, before = await stage.said(hazard), await stage.state()
        await stage.migrate()
        return Seen("nothing", told + await stage.violated(before, hazard))

    await redis7.call("FLUSHALL")
    shown = await show(Hazard(hazard, "nothing at all", nothing), redis7, START)
    assert (shown.found, shown.held) == ("", False)
