"""What Option B will do: one step for each key, one for all leases; fixed before anything is changed."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from harness.migrations.codeq import legacy_state as legacy
from harness.migrations.codeq.ledger import Ledger
from harness.migrations.codeq.tiers import TIERS
from worker.codeq import CodeqKeys

RENAME, COPY = "rename", "copy"
MODES = (RENAME, COPY)


@dataclass(frozen=True, slots=True)
class Step:
    """``kind``: hash, zset or list move a key as it is; set makes a set of a list; leases are by prefix.

    tiers spread a list over the ten lists that begin with ``target``, by the tasks' priorities. ``count`` is
    how many members the target has afterwards; for leases, how many there were.
    """

    kind: str
    source: str
    target: str
    count: int

    def __str__(self) -> str:
        what = _WHAT.get(self.kind, "members")
        return f"{self.source} → {self.target} ({self.count:,} {what})"

    @property
    def targets(self) -> list[str]:
        """The keys that it fills; for leases, their prefix."""
        return [f"{self.target}{tier}" for tier in TIERS] if self.kind == "tiers" else [self.target]


_WHAT = {
    "set": "distinct ids, list becomes set",
    "leases": "leases",
    "tiers": "members, each in the tier of its priority",
}


@dataclass(frozen=True)
class Plan:
    """The steps, and how they move what they move."""

    mode: str
    steps: tuple[Step, ...]

    @property
    def split(self) -> bool:
        """Whether pending tasks went to the tier of their priority, and not all to 0."""
        return any(step.kind == "tiers" for step in self.steps)

    def as_json(self) -> dict[str, Any]:
        return {"mode": self.mode, "steps": [asdict(step) for step in self.steps]}

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> "Plan":
        return cls(document["mode"], tuple(Step(**step) for step in document["steps"]))


def plan_of(found: Ledger, mode: str, *, split: bool = False) -> Plan:
    """The guide's mapping: pending lists to priority 0, or with ``split`` each id to that of its task.

    Commands become lower case. Tasks and leases come before the queues: a codeQ that is started too early
    throws away ids that have no record, and takes work without a lease for expired.
    """
    return Plan(mode, tuple(_steps(found, split)))


def _steps(found: Ledger, split: bool) -> Iterator[Step]:
    keys = CodeqKeys()
    if tasks := found.tasks:
        yield Step("hash", legacy.TASKS, keys.tasks, tasks)
    if scores := found.scores:
        yield Step("zset", legacy.TTL, keys.ttl, scores)
    if leases := found.leases:
        yield Step("leases", legacy.LEASE, keys.lease(""), leases)
    lists = [(*legacy.queue_of(key), key, length) for key, length in sorted(found.lengths.items())]
    for command, part, key, _ in lists:
        if part == legacy.INPROG:
            yield Step("set", key, keys.inprog(command), found.distinct[command.lower()])
    for command, part, key, length in lists:
        if part != legacy.PENDING:
            continue
        if split:
            yield Step("tiers", key, keys.queue(command, "pending:"), length)
        else:
            yield Step("list", key, keys.pending(command, 0), length)


def collisions(plan: Plan) -> list[str]:
    """Targets that two sources would share, because commands differ in case only."""
    sources: dict[str, list[str]] = {}
    for step in plan.steps:
        sources.setdefault(step.target, []).append(step.source)
    return [f"{' and '.join(names)} would both become {one}" for one, names in sources.items() if names[1:]]
