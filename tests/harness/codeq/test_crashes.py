"""The crash search finds nothing in the migrator, and does find a step that cannot be repeated."""

import pytest

from harness.migrations.codeq import moving
from harness.migrations.codeq.crashes import explore
from harness.migrations.codeq.migrator import Terms
from harness.migrations.codeq.plan import Step
from harness.migrations.codeq.seed import Shape, seed
from kvstore.clock import ManualClock
from kvstore.entropy import SeededEntropy
from worker.codeq import PROFILES, Server

pytestmark = pytest.mark.anyio

TERMS = Terms(freeze_seconds=0, chunk=3)


@pytest.mark.parametrize("profile", PROFILES)
async def test_every_crash_of_either_mode_is_survived(clock: ManualClock, profile: str) -> None:
    found = await explore(seed(Shape(20), clock, SeededEntropy(1)), clock, TERMS, profile=profile)
    assert found.points > 40
    assert found.broken == ()


async def test_a_copy_that_always_begins_anew_is_found(
    clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def forgetful(server: Server, step: Step, chunk: int) -> int:
        ids = await server.call("LRANGE", step.source, 0, -1)
        for one in ids:
            await server.call("RPUSH", step.target, one)
        return len(ids)

    monkeypatch.setattr(moving, "_copy_list", forgetful)
    found = await explore(seed(Shape(20), clock, SeededEntropy(1)), clock, TERMS, profile="kvrocks27")
    assert any("cannot be resumed" in text for text in found.broken)
