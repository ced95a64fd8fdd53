"""What Option B will do: what codeq.yaml makes of what is there, fixed before anything is changed."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from harness.migrations.codeq import legacy_state as legacy
from harness.migrations.redis import plan
from harness.migrations.redis.declaration import Declaration, read_declaration
from harness.migrations.redis.keyspace.pieces import CHUNK
from harness.migrations.redis.pattern import Template
from harness.migrations.redis.plan import COPY, RENAME, Step

__all__ = ["COPY", "MODES", "RENAME", "Part", "Plan", "declared"]

MODES = (RENAME, COPY)
_FILE = Path(__file__).with_name("codeq.yaml")
_TIERS = Template.read("q:{c|lower}:pending:{record.priority|0..9|0}")
_SPLIT = "+tiers"  # ends the digest of such a plan


def declared(*, split: bool) -> Declaration:
    """The guide's mapping; with ``split`` each pending task goes to the tier of its priority."""
    guide = read_declaration(_FILE)
    *others, pending = guide.rules
    if not split:
        return guide
    return replace(guide, rules=(*others, replace(pending, target=_TIERS)), digest=guide.digest + _SPLIT)


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
    steps: tuple[Step, ...]

    def __str__(self) -> str:
        what = _WHAT.get(self.kind, "members")
        return f"{self.source} → {self.target or 'nothing'} ({self.count:,} {what})"

    @property
    def targets(self) -> list[str]:
        """The keys that it fills."""
        return [target for step in self.steps for target in step.targets]

    def as_json(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if name != "steps"}

    def batches(self) -> Iterator[tuple[Step, ...]]:
        """At most a thousand steps."""
        for at in range(0, len(self.steps), CHUNK):
            yield self.steps[at : at + CHUNK]


_WHAT = {
    "set": "distinct ids, list becomes set",
    "leases": "leases",
    "tiers": "members, each in the tier of its priority",
}


@dataclass(frozen=True)
class Plan(plan.Plan):
    """The steps of declared migrations, and the parts in which reports show them."""

    @property
    def split(self) -> bool:
        """Whether pending tasks go to the tier of their priority, and not all to 0."""
        return self.digest.endswith(_SPLIT)

    @property
    def parts(self) -> list[Part]:
        """In their order."""

        def shown(step: Step) -> str:
            return legacy.LEASE if step.source.startswith(legacy.LEASE) else step.source

        return [self._part(source, tuple(steps)) for source, steps in groupby(self.steps, key=shown)]

    def _part(self, source: str, steps: tuple[Step, ...]) -> Part:
        first = steps[0]
        target, part = next(iter(first.targets), ""), legacy.queue_of(source)[1]
        count = sum(content.members for step in steps for content in step.targets.values())
        if source == legacy.LEASE:
            prefix = target.removesuffix(first.source.removeprefix(source))
            return Part("leases", source, prefix, count, steps)
        if part == legacy.PENDING and self.split:
            return Part("tiers", source, target[:-1], count, steps)
        kind = {legacy.PENDING: "list", legacy.INPROG: "set"}.get(part) or legacy.expected_type(source) or ""
        return Part(kind, source, target, count, steps)

    def summary(self) -> dict[str, Any]:
        """For a report; `as_json` is for the journal."""
        return {"mode": self.mode, "steps": [part.as_json() for part in self.parts]}
