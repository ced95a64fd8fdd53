"""How often two workers hold one task: counted under each set of conditions, and reported, not promised."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from harness.explore.tally import Batch
from harness.migrations.queue.checkers.exclusion import holds
from harness.migrations.queue.simulation.record import Record
from harness.migrations.queue.simulation.scenario import Scenario
from kvstore.conditions import CLASSIC

Way = Literal["documented", "careful", "coordinator"]
WAYS: Final[tuple[Way, ...]] = ("documented", "careful", "coordinator")
# One alone cannot collide: watched all the same, where numbers of workers are compared.
WORKERS: Final = (1, 2, 3, 4)
_COLLIDING: Final = WORKERS[1:]

# The new format from the beginning, and tasks that go on arriving: nothing is migrated, only claimed.
_AT_WORK: Final = Scenario(strategy="new-first", tasks=0, producers=3, events=4, gap=40, polls=8, within=1)
_VARIANTS: Final[dict[Way, dict[str, Any]]] = {
    "documented": {"migration": "documented"},
    "careful": {"migration": "safe"},
    "coordinator": {"migration": "safe", "claims": "coordinator"},
}


@dataclass(frozen=True, slots=True)
class Kind:
    """Which workers were watched: under what ``conditions``, claiming in which ``way``, how many of them."""

    conditions: str
    way: Way
    workers: int


@dataclass(frozen=True, slots=True)
class Count:
    """``claims`` that were granted, ``doubles`` of them while another worker held the task.

    ``example`` is a scenario with such a claim.
    """

    claims: int = 0
    doubles: int = 0
    example: Scenario | None = None

    def __add__(self, other: "Count") -> "Count":
        return Count(self.claims + other.claims, self.doubles + other.doubles, self.example or other.example)

    @property
    def rate(self) -> float:
        """Doubles per claim."""
        return self.doubles / self.claims if self.claims else 0.0

    def as_json(self) -> dict[str, Any]:
        return {"claims": self.claims, "heldByTwo": self.doubles, "rate": round(self.rate, 4)}


@dataclass(frozen=True)
class DoubleClaims:
    """What was counted, by kind."""

    counts: dict[Kind, Count]

    def of(self, way: Way, conditions: str | None = None, workers: Iterable[int] = _COLLIDING) -> Count:
        """The counts of one way to claim, added up; under all conditions when none are named."""
        wanted = set(workers)
        found = [
            count
            for kind, count in self.counts.items()
            if kind.way == way and kind.workers in wanted and conditions in (None, kind.conditions)
        ]
        return sum(found, Count())

    def as_json(self) -> list[dict[str, Any]]:
        return [
            {"conditions": kind.conditions, "way": kind.way, "workers": kind.workers, **one.as_json()}
            for kind, one in self.counts.items()
        ]


def kinds(chosen: str) -> Iterator[Kind]:
    """All of them; one worker alone only under the ``chosen`` conditions."""
    for conditions in CLASSIC:
        for way in WAYS:
            for workers in WORKERS if conditions == chosen else _COLLIDING:
                yield Kind(conditions, way, workers)


def scenarios(kind: Kind, rounds: int) -> list[Scenario]:
    """Workers in one and in two locations by turns; in half of the rounds all of them poll at once."""
    base = replace(_AT_WORK, conditions=kind.conditions, daemons=kind.workers, **_VARIANTS[kind.way])
    return [
        replace(base, seed=seed, colos=1 + seed % 2, beat=15 * (seed // 2 % 2))
        for seed in range(1, rounds + 1)
    ]


@dataclass(frozen=True, slots=True)
class Watch:
    """A job: ``kind`` of workers in the scenarios of ``batch``."""

    kind: Kind
    batch: Batch


def watched(watch: Watch) -> tuple[Kind, Count]:
    """Simulate, and count."""
    found = Count()
    for scenario in watch.batch.scenarios:
        found += counted(watch.batch.system.simulate(scenario))
    return watch.kind, found


def counted(record: Record) -> Count:
    """The claims of a simulation, and those of tasks that another worker held by what both were told."""
    claims = doubles = 0
    until: dict[str, list[tuple[str, float]]] = {}
    for hold in holds(record):
        before = until.setdefault(hold.task, [])
        if hold.claim is not None:
            claims += 1
            doubles += any(worker != hold.worker and hold.begin < end for worker, end in before)
        before.append((hold.worker, hold.end))
    return Count(claims, doubles, record.scenario if doubles else None)
