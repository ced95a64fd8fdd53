"""What a hunt tries, in order: what is cheap and tells much comes first."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import Final

from harness.migrations.queue.simulation.record import OPERATOR, Record
from harness.migrations.queue.simulation.scenario import Scenario, draw, read_scenario
from kvstore.faults import Fault

_SAFE: Final = "migration=safe strategy=zero-downtime"
_ODD: Final = "duplicate,dangling,orphan,orphan-lease,corrupt,falsy,metadata,permanent,ending,number"
_ODDER: Final = (
    "last-minute,short-lease,endless-lease,long-result,unusual-ids,not-text,completed,in-both,orphan"
)

# Nobody else at work, everything at once: what is wrong with the migration itself.
_ALONE: Final = (
    "conditions=local tasks=3 leases=1",
    f"conditions=local tasks=6 leases=3 odd={_ODD}",
    f"conditions=local tasks=6 leases=3 odd={_ODDER} page=2",
    f"conditions=local tasks=4 leases=2 odd={_ODD} page=3 rollback=after",
    "conditions=local tasks=3 leases=1 odd=copied-before",
    "conditions=local tasks=3 leases=1 odd=pending-absent,orphan",
    "conditions=local tasks=0 odd=pending-empty",
    "conditions=local tasks=2 odd=pending-broken,orphan",
    "conditions=local tasks=2 odd=pending-object",
    "conditions=local tasks=2 odd=pending-null",
    f"conditions=production tasks=4 leases=2 odd={_ODD}",
    f"conditions=production tasks=4 leases=2 odd={_ODDER} page=2 rollback=after",
)

# Others at work, under conditions in which every answer must be right.
_TOGETHER: Final = (
    "conditions=local tasks=5 leases=2 producers=2 daemons=1 polls=6",
    "conditions=local tasks=3 odd=completed,corrupt,long-result daemons=6 polls=8 claims=coordinator",
    "conditions=local tasks=0 odd=orphan,orphan-lease daemons=6 polls=8 claims=coordinator",
    "conditions=local tasks=5 leases=2 producers=2 daemons=1 polls=6 lease=30",
    "conditions=local tasks=5 leases=3 producers=2 events=3 daemons=1 rollback=after",
    "conditions=local tasks=5 leases=2 operators=2 within=2 producers=1",
    "conditions=local tasks=5 leases=2 producers=2 daemons=3 polls=6 claims=coordinator colos=2",
    "conditions=local tasks=5 leases=2 daemons=3 polls=6 beat=15 claims=coordinator rollback=halfway",
    "conditions=production tasks=5 leases=2 producers=2 daemons=3 beat=15 polls=6 claims=coordinator colos=2",
    "conditions=production tasks=6 leases=2 producers=2 daemons=3 claims=coordinator colos=2 rollback=after",
    "conditions=production tasks=6 lookers=3 daemons=3 polls=6 claims=coordinator colos=3 odd=metadata",
    "conditions=local tasks=4 leases=2 lookers=3",
    "conditions=local tasks=6 leases=4 odd=endless-lease,short-lease daemons=1 polls=20 lease=30",
    "seed=2 conditions=local tasks=8 daemons=6 polls=20 lease=30 claims=coordinator beat=5",
    "conditions=local tasks=5 leases=2 producers=2 events=3 rollback=halfway",
    "conditions=local tasks=12 producers=2 events=6 daemons=4 polls=16 lease=600 claims=coordinator",
    "conditions=production tasks=12 producers=2 events=6 daemons=4 polls=16 claims=coordinator colos=3",
    "seed=3 conditions=local tasks=2 claims=coordinator rollback=after mishaps=crash@operator-1.5:9",
    "seed=108071 conditions=production tasks=0 odd=unusual-ids,copied-before daemons=2 polls=1 events=1 "
    "given_back=3 claims=coordinator",
    "seed=135 conditions=production tasks=6 daemons=6 polls=12 lease=300 beat=5 claims=coordinator colos=3 "
    "within=30",
)

# More than a page, a bulk get, or a step's operations can hold.
_LARGE: Final = (
    "conditions=local tasks=40 leases=10 budget=50 page=7",
    "conditions=local tasks=30 leases=10 budget=50 page=7 rollback=after",
    "conditions=local tasks=30 leases=10 budget=50 rollback=halfway",
    "conditions=local tasks=250 leases=120",
    "conditions=local tasks=130 leases=110 rollback=after",
    "conditions=hostile tasks=30 leases=10 page=7",
)

# Somebody else's request, answered between any two operations of a step.
_MEANWHILE: Final = ("complete", "status", "claim", "enqueue")
_STEP: Final = 30

# Which conditions and claims random scenarios are drawn for, one after the other.
_DRAWN: Final = (
    "conditions=production claims=coordinator",
    "conditions=local claims=kv",
    "conditions=hostile claims=coordinator",
    "conditions=production claims=kv",
    "conditions=local claims=coordinator",
    "conditions=hostile claims=kv",
)
SEEDS: Final = 60

# Small, and with something of everything: KV operations of its operator get their faults.
BUSY: Final = read_scenario(
    f"{_SAFE} conditions=local claims=coordinator tasks=3 leases=1 odd=corrupt,metadata,orphan daemons=1"
)
BUSY_BACK: Final = replace(BUSY, rollback="after", odd=("metadata",))
FAULTS: Final = ("refused", "crash", "unanswered")


def told() -> Iterator[Scenario]:
    """The scenarios that are written down."""
    return (read_scenario(f"{_SAFE} {line}") for line in chain(_ALONE, _TOGETHER, _LARGE))


def interleaved() -> Iterator[Scenario]:
    """A step of the migration and another request, which comes after so many operations of the step."""
    for kind in _MEANWHILE:
        line = f"{_SAFE} conditions=local tasks=2 leases=1 at_once=run,{kind} format=dual"
        for operations in range(_STEP):
            yield read_scenario(f"{line} order=a{operations}b99" if operations else f"{line} order=b99")


def drawn(seeds: range) -> Iterator[Scenario]:
    """Random scenarios of every kind for each of ``seeds``."""
    bases = [read_scenario(f"{_SAFE} {line}") for line in _DRAWN]
    return (draw(seed, base) for seed in seeds for base in bases)


def interrupted(plain: Record, step: str = OPERATOR) -> Iterator[Scenario]:
    """The scenario of a record with each fault at every KV operation of the operator, or of one step."""
    for kind in FAULTS:
        for call in plain.calls:
            if call.name.startswith(step):
                for operation in range(1, call.operations + 1):
                    yield replace(plain.scenario, mishaps=(Fault(kind, operation, call.name),))
