"""How one step of a plan is carried out: by the mover of declared migrations, as codeq.yaml says."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from harness.migrations.codeq import legacy_state as legacy
from harness.migrations.codeq.plan import COPY, Plan, Step
from harness.migrations.redis import moving, plan
from harness.migrations.redis.declaration import Declaration, read_declaration
from harness.migrations.redis.keyspace.pieces import COUNT, scan
from harness.migrations.redis.move import Move, Settings
from harness.migrations.redis.pattern import Template
from harness.migrations.redis.plan import Content
from kvstore.clock import Clock
from worker.codeq import CodeqKeys, Server
from worker.codeq.servers.server import Command, checked

_PLAN = Path(__file__).with_name("codeq.yaml")
_TIERS = Template.read("q:{c|lower}:pending:{record.priority|0..9|0}")
BACK = "rehearse codeq rollback"


def declared(*, split: bool) -> Declaration:
    """The guide's mapping; with ``split`` each pending task goes to the tier of its priority."""
    guide = read_declaration(_PLAN)
    *others, pending = guide.rules
    return replace(guide, rules=(*others, replace(pending, target=_TIERS))) if split else guide


class Moving:
    """Carries out the steps of ``planned`` on ``server``, ``chunk`` members at a time."""

    def __init__(self, server: Server, clock: Clock, planned: Plan, chunk: int) -> None:
        self._plan = planned
        self._declaration = declared(split=planned.split)
        self._move = Move(self._declaration, server, server, clock, Settings(chunk=chunk), back=BACK)
        self._mover = moving.Mover(self._move, planned.mode)

    @property
    def commands(self) -> list[Command]:
        """What it will ask of the server, on keys beside those that it fills."""
        steps = tuple(self._step(step.source, step.targets, step.count) for step in self._plan.steps)
        asked = moving.commands_of(self._move, plan.Plan(self._plan.mode, self._declaration.digest, steps))
        return [*asked, ("HMGET", CodeqKeys().tasks, "1")] if self._plan.split else asked

    async def carry_out(self, step: Step) -> int:
        """Does the step, or what is left of it; how many members this run moved. Raises MigrationError."""
        if step.kind != "leases":
            count = COUNT["list" if step.kind in ("set", "tiers") else step.kind]
            asked: list[Command] = [(count, step.source), ("PTTL", step.source)]
            members, pttl = checked(await self._move.source.pipeline(asked))
            made = self._step(step.source, step.targets, step.count, members or step.count, pttl)
            return await self._mover.carry_out([made])
        moved = 0
        async for page in scan(self._move.source, step.source):
            moved += await self._leases(step, page)
        return moved

    async def _leases(self, step: Step, keys: Sequence[str]) -> int:
        """Those without an end are not copied: codeQ takes them for expired (H4, H21)."""
        left = checked(await self._move.source.pipeline([("PTTL", key) for key in keys]))
        leases = [
            self._step(key, [step.target + key.removeprefix(step.source)], 1, 1, pttl)
            for key, pttl in zip(keys, left, strict=True)
            if self._plan.mode != COPY or (pttl > 0 and key != step.source)
        ]
        return await self._mover.carry_out(leases) if leases else 0

    def _step(
        self, source: str, targets: Sequence[str], count: int, members: int = 0, pttl: int = -1
    ) -> plan.Step:
        """As declared migrations have it; of several targets ``count`` is what they have together."""
        # A prefix, whose keys are not known yet, is what any of them would be.
        key = f"{source}any" if source == legacy.LEASE else source
        found = self._declaration.rule_for(key.removeprefix(self._declaration.source))
        assert found is not None, "what a plan names was looked at"
        rule = self._declaration.rules[found[0]]
        planned = {target: Content(0) for target in targets} | {targets[0]: Content(count)}
        ends = self._move.clock.now_ms() + pttl if pttl > 0 else -1
        renames = self._plan.mode != COPY and rule.was == rule.becomes and len(targets) == 1
        return plan.Step(found[0], source, Content(members), planned, ends, renames)
