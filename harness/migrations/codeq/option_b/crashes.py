"""The crash search of Option B and of its way back."""

from dataclasses import replace
from functools import partial
from pathlib import Path

from harness.migrations.codeq.option_b.migrator import Migrator
from harness.migrations.codeq.option_b.plan import OURS, Settings
from harness.migrations.codeq.option_b.rollback import Rollback
from harness.migrations.redis.crashes import Resumption
from harness.migrations.redis.keyspace.snapshot import Snapshot
from harness.migrations.redis.rehearsal import Place, Stage, refuse_unknown, stage
from kvstore.clock import ManualClock
from worker.codeq import Server


def resumption(source: Snapshot, place: Place, settings: Settings, url: str | None = None) -> Resumption:
    """Both ways on copies of ``source``, at ``url`` or embedded. Raises Refused for what cannot be copied."""
    refuse_unknown(source)
    settings = replace(settings, freeze_seconds=0)

    async def there(on: Stage, server: Server, folder: Path) -> int:
        return (await Migrator(server, on.clock, settings).apply()).changes

    async def back(on: Stage, server: Server, folder: Path) -> int:
        return (await Rollback(server, on.clock, folder / "export", freeze_seconds=0).apply()).restored

    return Resumption(partial(stage, source, place, OURS, ManualClock(source.taken)), there, back, url)
