"""The answers that readers get at the end, beside those without the migration, when clients do the same.

Where something is stored that no rule names, as in a Durable Object or a table, this tells whether the
migration has changed it: what clients did is the truth, wherever it is kept.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from harness.actors.visitor import Visitor, visit
from harness.model.record import Act, Call, Compared, Record, Requests, Response
from harness.model.scenario import Scenario
from harness.rehearsal.comparison import Asker, in_world_before, shared
from harness.world.world import World
from kvstore.conditions import COLOS, JUDGE

# So long (ms) after everybody's request readers are asked, at least: all locations have seen everything.
_SEEN_MS: Final = 150_000
# How long a migration takes, in steps of this many ms: many then share what they are compared with.
_LONG_MS: Final = 1_800_000

_Responses = dict[str, Sequence[Response]]


async def look(who: Visitor) -> _Responses:
    """Look for every entry, without using up quotas: the answers that an Asker got, by reader and name."""
    world, responses = who.world, _Responses()
    for rule in world.migration.readers if world.deployed else ():
        for name in list(world.names(rule)):
            world.network.layers.ledger.spent.clear()
            act = await who.do(rule, name)
            if isinstance(who, Asker):
                responses[act.what], who.responses = who.responses, []
    return responses


@dataclass(frozen=True)
class _Without:
    """How the requests of an act end without the migration, and the answers that readers get then."""

    outcomes: Sequence[str]
    responses: _Responses


class Baselines:
    """Worlds without a migration, each computed once: the Worker before alone, and what somebody does.

    In the first all is as early, and the end follows as soon as it can, in the second as late: what is about
    time, chance or who asks, ends in between, or comes of being looked for, differs in the two.
    """

    def __init__(self) -> None:
        self._known: dict[Hashable, tuple[_Without, _Without]] = {}

    def without(self, world: World, record: Record, act: Act | None) -> tuple[_Without, _Without]:
        """Two worlds like ``world``, which left ``record``, in which only ``act`` is done, or nothing."""
        scenario = replace(record.scenario, faults=(), interrupt=(), readers=0, rollback="never")
        long = _LONG_MS * (1 + (record.ended - record.began) // _LONG_MS)
        done = act and (act.rule.name, act.name)
        key = scenario, done, record.began, long, frozenset(world.start.items())
        if key not in self._known:
            early, late = (record.began, _SEEN_MS), (record.began + long, long)
            self._known[key] = (
                _without(world, scenario, act, 1, *early),
                _without(world, scenario, act, 2, *late),
            )
        return self._known[key]


def _without(world: World, scenario: Scenario, act: Act | None, seed: int, began: int, wait: int) -> _Without:
    """A world in which ``act`` is done at ``began`` (ms), and all look after ``wait`` ms."""
    colo = COLOS[scenario.colos - 1]

    async def do(old: World) -> _Without:
        if seed > 1:
            await look(Visitor(old, "reader", "judge", COLOS[0]))
        done = act and await visit(old, f"{act.rule.name}-{seed}", act.role, colo, act.rule, act.name)
        outcomes = _outcomes(old.calls, done)
        await old.clock.sleep(wait / 1000)
        return _Without(outcomes, await look(Asker(old, "judge", "judge")))

    return in_world_before(world, replace(scenario, seed=seed), began, do)


class LastLook:
    """Looks for every entry when all is over, where nobody has asked before: nothing is stale there."""

    def __init__(self, world: World, baselines: Baselines) -> None:
        self._world = world
        self._baselines = baselines
        self._responses = _Responses()

    async def look(self) -> None:
        """Keep what is answered where it can be compared."""
        kind = Asker if self._can_compare() else Visitor
        self._responses = await look(kind(self._world, "judge", "judge", JUDGE))

    def _can_compare(self) -> bool:
        """Whether somebody came in between, or the operator met a fault, nothing else happened, and the way
        back was whole. Where there are all entries, walks compare some of them.
        """
        world, scenario = self._world, self._world.scenario
        others = (scenario.clients, scenario.at_once, scenario.order, scenario.odd)
        is_back = bool(world.deployed) and world.deployed[-1][1] == "before"
        return (
            bool(world.interruptions.happened or world.network.fired)
            and not (any(others) or world.failures)
            and scenario.among == "some"
            and (is_back or scenario.rollback == "never")
            and "before" in world.migration.stages
        )

    def compared(self, record: Record) -> Compared | None:
        """The answers, and those of two worlds without a migration.

        None where they were not kept, and where that says nothing: somebody does not know what came of a
        request, or it is answered otherwise there.
        """
        acts = [act for act in record.acts if act.actor in record.interrupted]
        if not self._responses or record.lost or len(acts) > 1:
            return None
        act = acts[0] if acts else None
        if act and (act.outcome == "unknown" or (act.role == "client" and act.rule.is_changed)):
            return None
        worlds = self._baselines.without(self._world, record, act)
        here = _Without(_outcomes(record.calls, act), self._responses)
        if any(one.outcomes != here.outcomes for one in worlds):
            return None
        left_out = shared(self._world)
        compared = [
            f"{rule.name} {name}"
            for rule in record.migration.readers
            for name in self._world.names(rule)
            if not rule.is_changed and (rule.binding, rule.prefix + name) not in left_out
        ]
        return Compared(
            *(
                Requests({one: world.responses.get(one, ()) for one in compared}, frozenset(), {})
                for world in (*worlds, here)
            )
        )


def _outcomes(calls: Sequence[Call], act: Act | None) -> list[str]:
    """How the requests of an act ended."""
    return [] if act is None else [call.outcome for call in calls if call.actor == act.actor]
