"""What a run will do: a step for each key of the source, fixed before anything is changed."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

from harness.migrations.redis.keyspace.pieces import CHUNK

RENAME, COPY = "rename", "copy"


@dataclass(frozen=True, slots=True)
class Content:
    """How many members a key has, and a number for what they are and, where it counts, their order."""

    members: int = 0
    digest: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """What becomes of ``source`` by the rule of that number.

    ``targets`` are the keys that it fills, with what they hold afterwards; ``content`` is what it holds
    itself. ``ends`` is when it is over, in epoch milliseconds by this machine's clock, -1 for never.
    ``renames``: it is moved by RENAMENX, as it is.
    """

    rule: int
    source: str
    content: Content
    targets: dict[str, Content]
    ends: int
    renames: bool

    @property
    def target(self) -> str:
        """The only one, or the first."""
        return next(iter(self.targets))

    def as_json(self) -> list[Any]:
        targets = {key: [one.members, one.digest] for key, one in self.targets.items()}
        content = [self.content.members, self.content.digest]
        return [self.rule, self.source, content, targets, self.ends, int(self.renames)]

    @classmethod
    def from_json(cls, told: list[Any]) -> "Step":
        rule, source, content, targets, ends, renames = told
        known = {key: Content(*one) for key, one in targets.items()}
        return cls(rule, source, Content(*content), known, ends, bool(renames))


@dataclass(frozen=True)
class Plan:
    """The steps in their order, by ``mode``; ``digest`` is that of the plan file."""

    mode: str
    digest: str
    steps: tuple[Step, ...]

    def batches(self) -> Iterator[list[Step]]:
        """Steps of one rule that are done together: a thousand keys, or a thousand members to write."""
        batch: list[Step] = []
        size = 0
        for step in self.steps:
            width = 1 if step.renames else step.content.members
            if batch and (size + width > CHUNK or not _alike(batch[-1], step)):
                yield batch
                batch, size = [], 0
            batch.append(step)
            size += width
        if batch:
            yield batch

    def as_json(self) -> dict[str, Any]:
        return {"mode": self.mode, "digest": self.digest, "steps": [step.as_json() for step in self.steps]}

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Self:
        steps = tuple(Step.from_json(one) for one in document["steps"])
        return cls(document["mode"], document["digest"], steps)


def _alike(one: Step, other: Step) -> bool:
    return (one.rule, one.renames) == (other.rule, other.renames)
