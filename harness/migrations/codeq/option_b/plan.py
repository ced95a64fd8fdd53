"""What Option B does: codeq.yaml, how to go about it, and what it makes of a keyspace in reports."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from harness.migrations.codeq import legacy_state as legacy
from harness.migrations.redis.keyspace.journal import Journal
from harness.migrations.redis.mapping.plan import Plan, Step
from harness.migrations.redis.moving.move import Settings as AnySettings
from harness.migrations.redis.planfile.declaration import Declaration, read_declaration
from harness.migrations.redis.planfile.pattern import Template
from worker.codeq import Server
from worker.codeq.documents import Task
from worker.codeq.keys import CODEQ

TIERS = range(10)  # codeQ's priorities, each with a list of its own
KEY = "understudy:codeq-migration"  # of the journal
OURS = (legacy.PREFIX, CODEQ, KEY)  # what a rehearsal takes away again
_FILE = Path(__file__).with_name("codeq.yaml")
_BY_PRIORITY = Template.read("q:{c|lower}:pending:{record.priority|0..9|0}")
_SPLIT = "+tiers"  # ends the digest of such a plan


def declared(*, split: bool) -> Declaration:
    """The guide's mapping; with ``split`` each pending task goes to the tier of its priority."""
    guide = replace(read_declaration(_FILE), journal=KEY)
    *others, pending = guide.rules
    if not split:
        return guide
    return replace(
        guide, rules=(*others, replace(pending, target=_BY_PRIORITY)), digest=guide.digest + _SPLIT
    )


def journal_on(server: Server) -> Journal[Plan]:
    """The journal of this migration on ``server``."""
    return Journal(server, KEY, Plan.from_json)


def is_split(plan: Plan) -> bool:
    """Whether pending tasks go to the tier of their priority, and not all to 0."""
    return plan.digest.endswith(_SPLIT)


@dataclass(frozen=True)
class Settings(AnySettings):
    """How to migrate, beside what any migration is told.

    ``lease_seconds``: every lease lasts at least so long at the end, 0 to leave them alone. ``split``:
    pending tasks go to the tier of their priority, not all to 0. ``workers`` are the subs that workers'
    tokens will carry, None if unknown. ``claim_script`` is codeQ's own, loaded at the end; empty if it is
    not at hand. ``every_id``: the dry run names all ids of a class of defects, not only the first.
    """

    lease_seconds: int = 0
    split: bool = False
    workers: frozenset[str] | None = None
    claim_script: str = ""
    every_id: bool = False


BY_DEFAULT = Settings()


@dataclass(frozen=True)
class Part:
    """Steps that a report shows as one: those of a key, or of all leases; ``count`` members come of them.

    ``kind``: hash, zset and list are moved as they are; set makes a set of a list; tiers spread a list over
    those that begin with ``target``; leases are named by their prefix. ``target`` is "" where no member has a
    place in the new keyspace, which is refused.
    """

    kind: str
    source: str
    target: str
    count: int
    sources: tuple[str, ...]

    def __str__(self) -> str:
        what = _WHAT.get(self.kind, "members")
        return f"{self.source} → {self.target or 'nothing'} ({self.count:,} {what})"

    def as_json(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if name != "sources"}


_WHAT = {
    "set": "distinct ids, list becomes set",
    "leases": "leases",
    "tiers": "members, each in the tier of its priority",
}


def parts(plan: Plan) -> list[Part]:
    """What reports show of a plan, in its order."""

    def shown(step: Step) -> str:
        return legacy.LEASE if step.source.startswith(legacy.LEASE) else step.source

    split = is_split(plan)
    return [_part(source, tuple(steps), split=split) for source, steps in groupby(plan.steps, key=shown)]


def _part(source: str, steps: Sequence[Step], *, split: bool) -> Part:
    first = steps[0]
    target, part = next(iter(first.targets), ""), legacy.queue_of(source)[1]
    count = sum(content.members for step in steps for content in step.targets.values())
    kind = {legacy.PENDING: "list", legacy.INPROG: "set"}.get(part) or legacy.expected_type(source) or ""
    if source == legacy.LEASE:
        kind, target = "leases", target.removesuffix(first.source.removeprefix(source))
    elif part == legacy.PENDING and split:
        kind, target = "tiers", target[:-1]
    return Part(kind, source, target, count, tuple(step.source for step in steps))


def summary(plan: Plan) -> dict[str, Any]:
    """For a report; `Plan.as_json` is for the journal."""
    return {"mode": plan.mode, "steps": [part.as_json() for part in parts(plan)]}


def tier_of(task: Task | None) -> int:
    """A task's priority, clamped to 0…9; 0 for what cannot be read."""
    return min(max(task.priority, 0), 9) if task is not None else 0
