"""Nobody writes while it is read: shown by reading everything a second time, which is also the backup."""

from pathlib import Path

from harness.migrations.redis.keyspace.backup import Backup
from harness.migrations.redis.keyspace.errors import Refused
from harness.migrations.redis.keyspace.fingerprint import Fingerprint, fingerprint
from kvstore.clock import Clock
from worker.codeq import Server


async def prove_frozen(
    server: Server, prefix: str, before: Fingerprint, clock: Clock, seconds: float, backup: Path | None = None
) -> None:
    """Reads everything under ``prefix`` again after ``seconds``, into ``backup`` if there is one.

    Neither a second nor a backup wanted: reads nothing. Raises Refused when something was written in between,
    MigrationError where the backup cannot be written, ServerError.
    """
    if backup is None and not seconds:
        return
    await clock.sleep(seconds)
    if backup is None:
        _refuse_moving(before, await fingerprint(server, prefix))
        return
    with Backup(backup, prefix, clock.now_ms()) as file:
        _refuse_moving(before, await fingerprint(server, prefix, file.write))
        file.keep()


def _refuse_moving(before: Fingerprint, later: Fingerprint) -> None:
    moving = before.changed(later)
    if moving:
        named = ", ".join(moving[:3])
        raise Refused([f"not frozen: {len(moving):,} keys changed while we looked, such as {named}"])
