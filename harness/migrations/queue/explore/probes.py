"""What a hunt tries, in order: what is cheap and tells much comes first."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, combinations
from typing import Final, TypeVar

from harness.engine.chance import Chance
from harness.migrations.queue.simulation.drawing import draw
from harness.migrations.queue.simulation.odd_entry import AXES
from harness.migrations.queue.simulation.record import Record
from harness.migrations.queue.simulation.requests import KINDS
from harness.migrations.queue.simulation.scenario import Claims, Scenario
from kvstore.faults import OPERATION, Fault

T = TypeVar("T")
Run = Callable[[Scenario], Record]

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
    "seed=3 conditions=local tasks=2 claims=coordinator rollback=after faults=crash@operator-1.5:9",
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
# How many odd entries go into a scenario, and who is there beside them.
_ENTRIES: Final = 6
_WHO: Final = (
    "conditions=local",
    "conditions=local daemons=2 polls=3 after=130",
    "conditions=production lookers=1",
    "conditions=local page=2 empty=1",
)
# What fails and changes nothing first, then what is not confirmed, and what ends a request.
_KINDS: Final = ("refused", "unanswered", "crash", "outage", "timeout", "slow", "dropped", "background")
# Milliseconds between two operations of requests at once with a coordinator: a request that waits for a
# task's turn asks for it four times a second while the others go on. And without one: KV takes every write.
_QUICK: Final = 50
_SLOW: Final = 1000
# How many places in each pair of requests are tried, and which requests are those of a migration.
_PLACES: Final = 12
_MIGRATE: Final = {"run", "rollback"}
_FIRST_RUN: Final = "operator-1.2"

# Small, and with something of everything: every KV operation of everybody gets every fault.
BUSY: Final = tuple(
    Scenario.read(f"{_SAFE} {line}")
    for line in (
        "conditions=local claims=coordinator tasks=3 leases=1 odd=corrupt,metadata,orphan daemons=2 polls=4 "
        "producers=1",
        "conditions=local claims=coordinator tasks=3 leases=1 odd=metadata rollback=after daemons=1 "
        "lookers=1",
        "conditions=production claims=coordinator tasks=2 leases=1 odd=both-changed,held-both,meta-zero+cut "
        "daemons=2 polls=4 producers=1 back_again=1 rollback=after",
        "conditions=local tasks=3 leases=1 odd=held-longer-old,raw,both-end producers=1 daemons=1 polls=4",
        "conditions=local claims=coordinator tasks=2 odd=new-only+held-new,kept rollback=halfway daemons=2 "
        "polls=6 given_back=5 page=2 after=130 aside=dry-run,dry-delete",
        "conditions=local claims=coordinator tasks=3 odd=new-only,both-changed rollback=halfway daemons=1 "
        "aside=dry-run,dry-delete,delete",
        "conditions=local claims=coordinator tasks=12 daemons=20 polls=4 beat=5 lookers=3",
        "conditions=local claims=coordinator tasks=1 daemons=3 polls=8 beat=15 given_back=3 "
        "lease=600 work=400",
    )
)


def every_probe(run: Run) -> Iterator[Scenario]:
    """Everything that a hunt tries, a few of each kind at a time; ``run`` shows what to interrupt.

    In the order of how many mistakes they found in earlier hunts: scenarios that are written down, random
    ones and pairs, and then faults at every operation.
    """
    yield from told()
    yield from BUSY
    yield from _in_turns(
        others_interrupted(run),
        drawn(range(1, SEEDS + 1)),
        interleaved(run, "coordinator"),
        paired(),
        interrupted(run, BUSY[0], _FIRST_RUN),
        interleaved(run, "kv"),
        *(_in_turns(*(interrupted(run, plain) for plain in BUSY[at::4])) for at in range(4)),
        _in_turns(*(interrupted_twice(run, plain) for plain in BUSY)),
    )


def _in_turns(*sources: Iterator[Scenario]) -> Iterator[Scenario]:
    """One of each, as long as any has something left."""
    waiting = list(sources)
    while waiting:
        for source in list(waiting):
            scenario = next(source, None)
            if scenario is None:
                waiting.remove(source)
            else:
                yield scenario


def told() -> Iterator[Scenario]:
    """The scenarios that are written down."""
    return (Scenario.read(f"{_SAFE} {line}") for line in chain(_ALONE, _TOGETHER, _LARGE))


def interleaved(run: Run, claims: Claims) -> Iterator[Scenario]:
    """One request of anybody between two operations of any other: of each pair in turn, a place by chance."""
    # Operators talk: nobody migrates any more when somebody rolls back.
    pairs = [(a, b) for a in KINDS for b in KINDS if {a, b} != {"run", "rollback"}]
    chance = Chance(1, f"worlds of pairs, {claims}")
    for _ in range(_PLACES):
        for one, other in mixed(pairs, f"pairs {chance.number()}"):
            # Whoever migrates does so while both formats are there.
            queue_format = "dual" if {one, other} & _MIGRATE else ("dual", "dual", "new")[chance.below(3)]
            odd = ("", "", " odd=copied-before", " odd=held-both,both-changed,raw+new-only")[chance.below(4)]
            line = f"{_SAFE} conditions=local claims={claims} tasks=2 leases={chance.below(2)}{odd}"
            line += f" at_once={one},{other} format={queue_format}"
            pace = _QUICK if claims == "coordinator" else _SLOW
            line += f" pace={pace}"
            first = run(Scenario.read(f"{line} order=a99b99")).calls[0]
            # A call of a coordinator takes a turn, too, and is no operation of KV.
            turns = chance.below(1 + (first.answered - first.sent) // pace)
            yield Scenario.read(f"{line} order={f'a{turns}' if turns else ''}b99")


def paired() -> Iterator[Scenario]:
    """Every two unusual things of an entry together, some entries to a scenario."""
    pairs = [(one, two) for axis, other in combinations(AXES, 2) for one in axis for two in other]
    entries = ["+".join(pair) for pair in mixed(pairs, "axes")]
    for place, at in enumerate(range(0, len(entries), _ENTRIES)):
        odd, who = ",".join(entries[at : at + _ENTRIES]), _WHO[place % len(_WHO)]
        for how in ("rollback=never", "rollback=after", "rollback=halfway"):
            # Half-way is at another moment for another seed.
            line = f"{_SAFE} seed={place + 1} {who} claims=coordinator tasks=1 {how} odd={odd}"
            yield Scenario.read(line)


def drawn(seeds: range) -> Iterator[Scenario]:
    """Random scenarios of every kind for each of ``seeds``."""
    bases = [Scenario.read(f"{_SAFE} {line}") for line in _DRAWN]
    return (draw(seed, base) for seed in seeds for base in bases)


def interrupted(run: Run, plain: Scenario, step: str = "") -> Iterator[Scenario]:
    """A scenario with each fault at every place of everybody, or of one step, in an order by chance."""
    for fault in mixed(places(run(plain), step), f"{plain.odd}"):
        yield replace(plain, faults=(fault,))


def others_interrupted(run: Run) -> Iterator[Scenario]:
    """Random scenarios, and every two unusual things, each with a fault at a write and one anywhere: at what
    was met least so far, and of the kinds of faults of which that met fewest.
    """
    tried = Counter[Hashable]()
    for scenario in _in_turns(drawn(range(1, SEEDS + 1)), paired()):
        plain = replace(scenario, faults=())
        record = run(plain)
        met = {fault: _met(record, fault) for fault in mixed(places(record), f"{plain.seed} {plain.odd}")}
        writes = [fault for fault in met if _is_write(record, fault)]
        for some in (writes, list(met)):
            fault = min(
                some,
                key=lambda one: (tried[met[one]], tried[one.kind, met[one]], _KINDS.index(one.kind)),
                default=None,
            )
            if fault is not None:
                tried.update((met[fault], (fault.kind, met[fault])))
                yield replace(plain, faults=(fault,))


def _met(plain: Record, fault: Fault) -> Hashable:
    """What a fault strikes: whose operation, on which keys, and whether it found or replaced something."""
    call = next(one for one in plain.calls if one.name == fault.request)
    asked = plain.operations[call.name]
    if not 0 < fault.at <= len(asked):
        return call.role, call.method, _family(call.path, "/")
    event = asked[fault.at - 1]
    family = call.role, event.verb, _family(event.key, ":")
    wrote = [one for one in plain.versions.by(call.name) if (one.key, one.at) == (event.key, event.at)]
    if not wrote:
        return *family, event.entry is not None
    replaced = plain.versions.before(wrote[0])
    return *family, replaced and (event.entry is not None and replaced.value == event.entry.value)


def _family(name: str, between: str) -> str:
    return name.rpartition(between)[0]


def interrupted_twice(run: Run, plain: Scenario) -> Iterator[Scenario]:
    """A scenario with two of the faults, again and again."""
    every = mixed(places(run(plain)), f"first {plain.odd}")
    others = mixed(places(run(plain)), f"second {plain.odd}")
    return (replace(plain, faults=pair) for pair in zip(every, others, strict=True) if pair[0] != pair[1])


def places(plain: Record, step: str = "") -> list[Fault]:
    """Every kind of fault wherever it can strike: at any operation of anybody, or of a step."""
    calls = [call for call in plain.calls if call.name.startswith(step)]
    at_operations = [
        Fault(kind, at, call.name)
        for kind in OPERATION
        for call in calls
        for at in range(1, call.operations + 1)
    ]
    whole = [Fault(kind, 0, call.name) for kind in ("dropped", "background") for call in calls]
    return at_operations if step else [*at_operations, *whole]


def _is_write(plain: Record, fault: Fault) -> bool:
    asked = plain.operations[fault.request]
    return 0 < fault.at <= len(asked) and asked[fault.at - 1].verb in ("put", "delete")


def mixed(things: Sequence[T], name: str) -> list[T]:
    """``things`` in another order, the same one every time."""
    left, chance, found = list(things), Chance(1, name), list[T]()
    while left:
        at = chance.below(len(left))
        left[at], left[-1] = left[-1], left[at]
        found.append(left.pop())
    return found
