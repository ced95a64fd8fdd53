"""What Option B will do: one step for each key, one for all leases; fixed before anything is changed."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from harness.codeq import legacy_state as legacy
from harness.codeq.legacy_state import LegacyState
from worker.codeq import CodeqKeys

RENAME, COPY = "rename", "copy"
MODES = (RENAME, COPY)


@dataclass(frozen=True, slots=True)
class Step:
    """``kind``: hash, zset or list move a key as it is; set makes a set of a list; leases are by prefix.

    ``count`` is how many members the target has afterwards; for leases, how many there were.
    """

    kind: str
    source: str
    target: str
    count: int

    def __str__(self) -> str:
        what = {"set": "distinct ids, list becomes set", "leases": "leases"}.get(self.kind, "members")
        return f"{self.source} → {self.target} ({self.count:,} {what})"


@dataclass(frozen=True)
class Plan:
    """The steps, and how they move what they move."""

    mode: str
    steps: tuple[Step, ...]

    def as_json(self) -> dict[str, Any]:
        return {"mode": self.mode, "steps": [asdict(step) for step in self.steps]}

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> "Plan":
        return cls(document["mode"], tuple(Step(**step) for step in document["steps"]))


def plan_of(state: LegacyState, mode: str) -> Plan:
    """The guide's mapping: pending lists to priority 0, commands in lower case.

    Tasks and leases come before the queues: a codeQ that is started too early throws away ids that have no
    record, and takes work without a lease for expired.
    """
    return Plan(mode, tuple(_steps(state)))


def _steps(state: LegacyState) -> Iterator[Step]:
    keys = CodeqKeys()
    if state.tasks:
        yield Step("hash", legacy.TASKS, keys.tasks, len(state.tasks))
    if state.scores:
        yield Step("zset", legacy.TTL, keys.ttl, len(state.scores))
    if state.leases:
        yield Step("leases", legacy.LEASE, keys.lease(""), len(state.leases))
    for command, queue in sorted(state.queues.items()):
        if ids := queue.get(legacy.INPROG):
            source = f"{legacy.QUEUE}{command}:{legacy.INPROG}"
            yield Step("set", source, keys.inprog(command), len(set(ids)))
    for command, queue in sorted(state.queues.items()):
        if ids := queue.get(legacy.PENDING):
            source = f"{legacy.QUEUE}{command}:{legacy.PENDING}"
            yield Step("list", source, keys.pending(command, 0), len(ids))


def collisions(plan: Plan) -> list[str]:
    """Targets that two sources would share, because commands differ in case only."""
    sources: dict[str, list[str]] = {}
    for step in plan.steps:
        sources.setdefault(step.target, []).append(step.source)
    return [f"{' and '.join(names)} would both become {one}" for one, names in sources.items() if names[1:]]
