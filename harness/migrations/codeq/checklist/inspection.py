"""What the checks are given: the keyspace before and after, codeQ over HTTP, and the server itself."""

from dataclasses import dataclass
from typing import Any

import httpx

from harness.migrations.codeq.checklist.codeq_state import CodeqState
from harness.migrations.codeq.legacy_state import PREFIX, LegacyState
from harness.migrations.codeq.option_b.migrator import Migrator
from harness.migrations.codeq.services.codeq import Codeq
from harness.migrations.redis.keyspace.snapshot import Snapshot, read_snapshot
from harness.migrations.redis.mapping.plan import Plan
from worker.codeq import Server
from worker.codeq.keys import CODEQ


def members(answer: httpx.Response) -> dict[str, Any]:
    """The members of the JSON object that an answer holds; none where it holds anything else."""
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


@dataclass(frozen=True)
class Inspection:
    """Everything that a check may look at.

    ``before`` is the frozen source; ``after`` and ``left`` are codeq: and legacy: right after the migration.
    ``plan`` says how it moved; ``extended``: leases were given more time. ``workers`` are the subs that
    workers' tokens will carry, None if unknown. ``moment`` is when the data is from,
    in epoch seconds: what is looked at later has not gone wrong by that.
    """

    services: Codeq
    migrator: Migrator
    before: LegacyState
    after: CodeqState
    left: Snapshot
    plan: Plan
    extended: bool
    workers: frozenset[str] | None
    moment: int

    @property
    def server(self) -> Server:
        return self.migrator.server


async def inspect(
    services: Codeq,
    migrator: Migrator,
    before: LegacyState,
    plan: Plan,
    *,
    extended: bool = False,
    workers: frozenset[str] | None = None,
    moment: int | None = None,
) -> Inspection:
    """What is there now; ``moment`` is now too unless it is given. Only reads. Raises ServerError."""
    after = CodeqState(await read_snapshot(migrator.server, CODEQ))
    left = await read_snapshot(migrator.server, PREFIX)
    moment = migrator.clock.now_ms() // 1000 if moment is None else moment
    return Inspection(services, migrator, before, after, left, plan, extended, workers, moment)
