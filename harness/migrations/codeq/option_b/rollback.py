"""Back to the old service: the mapping backwards, and what is lost by that.

What codeQ did since goes along as far as the old layout has a place for it.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.migrations.codeq import legacy_state as legacy
from harness.migrations.codeq.legacy_state import parse
from harness.migrations.codeq.option_b.account import Account, account
from harness.migrations.codeq.option_b.migrator import BACK, STOPPED
from harness.migrations.codeq.option_b.plan import declared
from harness.migrations.redis.back.inverse import Inverse
from harness.migrations.redis.back.rollback import Rollback as AnyRollback
from harness.migrations.redis.back.rollback import RolledBack as AnyRolledBack
from harness.migrations.redis.keyspace.pieces import CHUNK
from harness.migrations.redis.mapping.plan import COPY
from harness.migrations.redis.moving.move import Move, OnProgress, Settings, silent
from harness.migrations.redis.planfile.declaration import Declaration
from harness.migrations.redis.planfile.pattern import Template
from kvstore.clock import Clock
from worker.codeq import Server

_DELAYED = Template.read("q:{c|lower}:delayed")


@dataclass(frozen=True)
class RolledBack(AnyRolledBack):
    """With what codeQ did since; None if there was no migration."""

    account: Account | None = None

    @property
    def sentences(self) -> list[str]:
        return self.account.sentences(source_kept=self.mode == COPY) if self.account else []

    def as_json(self) -> dict[str, Any]:
        return {**super().as_json(), "account": self.account.as_json() if self.account else None}


class Rollback:
    """Rolls back the keyspace on ``server``; ``export`` is the file for what was under ``codeq:``.

    ``freeze_seconds``: how long nothing may change under ``codeq:`` before it starts.
    """

    def __init__(
        self,
        server: Server,
        clock: Clock,
        export: Path,
        on_progress: OnProgress = silent,
        freeze_seconds: float = 2,
    ) -> None:
        settings = Settings(freeze_seconds=freeze_seconds, backup=export)
        self._move = Move(_both_ways(), server, server, clock, settings, on_progress, BACK, STOPPED)
        self._rollback = AnyRollback(self._move, _Back(self._move))

    async def dry_run(self) -> RolledBack:
        """What it would do, and what that would mean. Only reads. Raises ServerError."""
        found = await self._account()
        return RolledBack(**vars(await self._rollback.dry_run()), account=found)

    async def apply(self) -> RolledBack:
        """Does it. Raises Refused before anything is changed, HalfDone later; then it can be called again."""
        found = await self._account()
        return RolledBack(**vars(await self._rollback.apply()), account=found)

    async def _account(self) -> Account | None:
        entries = await self._move.journal.read()
        if entries is None:
            return None
        return await account(self._move.target, source_kept=entries.plan.mode == COPY)


def _both_ways() -> Declaration:
    """Every tier is there, whether the migration filled it or codeQ; what is delayed was pending."""
    guide = declared(split=True)
    pending = guide.rules[-1]
    return replace(guide, rules=(*guide.rules, replace(pending, target=_DELAYED, becomes="zset")))


class _Back(Inverse):
    """The list in progress had the newest lease at its left end."""

    late = (
        "rehearse codeq stragglers --apply moves what can be moved; what it leaves there is for you "
        "to compare, and to take out of {key} by hand"
    )

    async def in_order(self, members: list[str]) -> list[str]:
        records: list[str | None] = []
        for at in range(0, len(members), CHUNK):
            records += await self._server.call("HMGET", legacy.TASKS, *members[at : at + CHUNK])
        tasks = {one: parse(text) if text else None for one, text in zip(members, records, strict=True)}
        return sorted(members, key=lambda one: (getattr(tasks[one], "lease_until", ""), one), reverse=True)
