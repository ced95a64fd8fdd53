"""Nobody writes while it is read: shown by reading everything a second time, which is also the backup."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from harness.migrations.redis.keyspace.backup import Backup
from harness.migrations.redis.keyspace.errors import Refused
from harness.migrations.redis.keyspace.fingerprint import Fingerprint, fingerprint
from harness.model.verdict import agree
from harness.terminal.lines import some
from kvstore.clock import Clock
from worker.codeq import Server


async def _nothing() -> None: ...


async def prove_frozen(
    server: Server,
    prefix: str,
    before: Fingerprint,
    clock: Clock,
    seconds: float,
    backup: Path | None = None,
    note: Callable[[], Awaitable[None]] = _nothing,
) -> None:
    """Reads everything under ``prefix`` again after ``seconds``, into ``backup`` if there is one.

    ``note`` is called right before the file appears: a run that is cut off then knows whose it is. Neither a
    second nor a backup wanted: reads nothing. Raises Refused when something was written in between,
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
        await note()
        file.keep()


def _refuse_moving(before: Fingerprint, later: Fingerprint) -> None:
    moving = before.changed(later)
    if moving:
        changed = agree("{n} key{s} changed between two reads", len(moving))
        raise Refused([f"not frozen, {changed}: {some(moving)}; stop what writes there"])
