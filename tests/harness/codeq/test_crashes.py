"""The crash search finds nothing in the migrator, and does find a step that cannot be repeated."""

from collections.abc import Sequence

import pytest

from harness.migrations.codeq.option_b.crashes import explorer
from harness.migrations.codeq.option_b.plan import Settings
from harness.migrations.codeq.services.seed import Shape, seed
from harness.migrations.redis.back.inverse import Inverse
from harness.migrations.redis.mapping.plan import Step
from harness.migrations.redis.moving.mover import Mover
from harness.migrations.redis.planfile.declaration import Rule
from kvstore.clock import ManualClock
from kvstore.entropy import SeededEntropy
from worker.codeq import PROFILES

pytestmark = pytest.mark.anyio

TERMS = Settings(freeze_seconds=0, chunk=3)


@pytest.mark.parametrize("profile", PROFILES)
async def test_every_crash_of_either_mode_is_survived(clock: ManualClock, profile: str) -> None:
    found = await explorer(seed(Shape(20), clock, SeededEntropy(1)), clock, TERMS, profile).run()
    assert min(found.there, found.back) > 20
    assert found.broken == []


async def test_a_copy_that_always_begins_anew_is_found(
    clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def forgetful(mover: Mover, batch: Sequence[Step], rule: Rule) -> dict[str, int]:
        return await counted(mover, batch, rule) if rule.becomes != "list" else {}

    async def unchecked(*_: object) -> None: ...

    counted = Mover._counts
    monkeypatch.setattr(Mover, "_counts", forgetful)
    monkeypatch.setattr(Mover, "_check_counts", unchecked)
    found = await explorer(seed(Shape(20), clock, SeededEntropy(1)), clock, TERMS, "kvrocks27").run()
    assert any("different: codeq:q:" in text for text in found.broken)


async def test_a_way_back_that_puts_ids_back_twice_is_found(
    clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def in_two_commands(back: Inverse, key: str, source: str) -> int:
        ids = await back._server.call("SMEMBERS", key)
        await back._server.call("RPUSH", source, *ids)
        await back._server.call("DEL", key)
        return len(ids)

    monkeypatch.setattr(Inverse, "_set_back", in_two_commands)
    found = await explorer(seed(Shape(10), clock, SeededEntropy(1)), clock, TERMS).run()
    assert [text.partition(" of the way ")[2] for text in found.broken] == [
        "back: 1 key is different: legacy:q:generate_creative:inprog"
    ]
