"""Situations that every judgement starts from, so that none depends on luck: scenarios, as small as they go.

Nothing in them says what comes of it. They are played for either migration, and random ones with them.
"""

from dataclasses import replace
from typing import Final

from harness.migrations.queue.simulation.scenario import Migration, Scenario, Strategy

_LINES: Final = (
    # More keys than one page of a listing has.
    "strategy=steps tasks=2 leases=2 page=1",
    "strategy=zero-downtime tasks=4 page=3",
    # A small budget: it ends among the tasks, among the leases, at the very end, again and again.
    "seed=68 strategy=steps tasks=2 budget=8 runs=1",
    "seed=33 strategy=zero-downtime tasks=1 budget=11 producers=2 daemons=1 polls=1 runs=1 again=1",
    "seed=164 tasks=2 leases=1 budget=12 runs=1",
    "seed=164 tasks=2 budget=12 events=1 daemons=1 polls=1 beat=15 runs=1",
    # Bodies that are no JSON, or false; ids that are too long.
    "seed=31 strategy=zero-downtime tasks=0 odd=corrupt,long-result daemons=1 runs=1 again=1 within=2",
    "strategy=steps tasks=2 odd=falsy,orphan,corrupt runs=1",
    "seed=80 strategy=new-first tasks=0 odd=long-result events=1 daemons=1 polls=1 lookers=2 runs=1 within=2",
    # Pending lists of all kinds.
    "strategy=steps tasks=0 odd=pending-object runs=1",
    "strategy=steps tasks=0 odd=pending-null runs=1",
    "strategy=steps tasks=0 odd=pending-empty runs=2",
    "strategy=steps tasks=2 leases=1 odd=pending-absent runs=1",
    "strategy=steps tasks=2 odd=duplicate,dangling,not-text runs=1",
    # One operation of the run that fails.
    "seed=192 strategy=new-first tasks=2 runs=1 faults=refused@operator-1.2:10",
    "strategy=steps tasks=1 leases=1 runs=1 faults=refused@operator-1.2:8",
    "strategy=new-first tasks=2 runs=2 daemons=2 polls=4 faults=crash@operator-1.2:5",
    "seed=155 strategy=steps odd=number budget=11 events=1 daemons=1 polls=4 lookers=3 rollout=60 runs=1 "
    "beat=5 again=1 within=30",
    "seed=147 strategy=new-first tasks=0 odd=endless-lease,copied-before lookers=2 runs=1",
    # Several workers, in one location and in two.
    "seed=163 strategy=steps tasks=2 budget=8 colos=2 daemons=5 polls=2 lookers=3 beat=5 rollout=60 runs=1 "
    "within=30",
    "seed=68 strategy=steps tasks=2 colos=2 daemons=4 polls=4 lookers=3 beat=5 rollout=60 runs=1 within=30",
    "seed=29 strategy=new-first tasks=5 leases=1 odd=long-result daemons=2 polls=2 beat=15 runs=1 again=1",
    "seed=196 strategy=new-first tasks=6 leases=5 daemons=2 polls=1 beat=5 runs=1",
    "seed=51 strategy=steps tasks=1 odd=dangling daemons=1 polls=1 rollout=60 runs=1",
    "seed=103 strategy=zero-downtime tasks=1 daemons=1 polls=1 lease=30 runs=1",
    "seed=132 strategy=zero-downtime colos=2 daemons=2 polls=2 runs=1 again=1",
    # Producers at work.
    "seed=191 tasks=1 producers=1 events=1 daemons=1 polls=1 runs=1",
    "seed=86 strategy=steps odd=falsy budget=12 colos=2 producers=2 polls=1 rollout=60 within=2",
    "seed=119 strategy=steps odd=duplicate colos=2 producers=2 events=1 rollout=60 runs=1 again=1",
    "strategy=guide tasks=2 producers=2 events=4 runs=1",
    # Lives: short, endless, with metadata.
    "strategy=steps tasks=2 leases=1 odd=short-lease,endless-lease,permanent,metadata,last-minute runs=1",
    # The way back.
    "strategy=steps rollback=after tasks=3 leases=1 runs=1",
    "strategy=steps rollback=late tasks=2 producers=1 events=2 runs=1",
    "seed=38 rollback=late tasks=0 budget=12 producers=2 events=6 polls=1 gap=60 runs=1 within=2",
    "seed=28 strategy=zero-downtime rollback=halfway tasks=0 colos=2 producers=1 polls=1 runs=1 within=2",
    # Two operators.
    "seed=161 strategy=new-first tasks=3 runs=1 again=1 operators=2 within=2",
)

# How each migration is meant to be deployed where nothing else is said.
STRATEGIES: Final[dict[Migration, Strategy]] = {"documented": "steps", "safe": "zero-downtime"}
# The safe migration refuses to start with less.
_LEAST_SAFE_BUDGET: Final = 50


def situations(base: Scenario) -> list[Scenario]:
    """All of them, under the conditions, migration and claims of ``base``."""
    return [fitted(Scenario.read(line), base) for line in _LINES]


def fitted(scenario: Scenario, base: Scenario) -> Scenario:
    """``scenario`` for the migration and claims of ``base``, and under its conditions.

    The safe migration goes with a Worker for both formats, and takes a budget that it can work with.
    """
    same = replace(scenario, conditions=base.conditions, migration=base.migration, claims=base.claims)
    if base.migration == "documented":
        return same
    budget = max(scenario.budget, _LEAST_SAFE_BUDGET) if scenario.budget else 0
    return replace(same, strategy=STRATEGIES["safe"], budget=budget, runs=1)
