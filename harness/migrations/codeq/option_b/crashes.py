"""The crash search of Option B and of its way back, on embedded servers."""

from functools import partial
from pathlib import Path

from harness.migrations.codeq.option_b.migrator import Migrator
from harness.migrations.codeq.option_b.plan import Settings, declared
from harness.migrations.codeq.option_b.rollback import Rollback
from harness.migrations.redis.crashes import Explorer
from harness.migrations.redis.keyspace.snapshot import Snapshot
from harness.migrations.redis.rehearsal import Stage, refuse_unknown, stage
from kvstore.clock import Clock
from worker.codeq import PROFILES, Server, open_server


def explorer(source: Snapshot, clock: Clock, settings: Settings, profile: str = PROFILES[0]) -> Explorer:
    """A search on copies of ``source``. Raises Refused for what cannot be copied."""
    refuse_unknown(source)

    async def there(_: Stage, server: Server, folder: Path) -> int:
        return (await Migrator(server, clock, settings).apply()).changes

    async def back(_: Stage, server: Server, folder: Path) -> int:
        return (await Rollback(server, clock, folder / "export", freeze_seconds=0).apply()).restored

    guide, place = declared(split=settings.split), partial(open_server, None, profile)
    return Explorer(partial(stage, guide, source, place, clock, elsewhere=False), there, back)
