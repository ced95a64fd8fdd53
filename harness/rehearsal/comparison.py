"""Sends the same requests to the Worker before and to the one after, while nothing moves."""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final, TypeVar

from harness.actors.visitor import Visitor, visit
from harness.engine.chance import Chance
from harness.engine.loop import LoopClock, SimulatedLoop
from harness.migration import MigrationError, Rule
from harness.model.outcomes import place_of
from harness.model.record import Compared, Place, Requests, Response, Role
from harness.model.scenario import Scenario
from harness.world.site import Reply
from harness.world.world import World
from kvstore.conditions import JUDGE

Result = TypeVar("Result")

# How many entries of each rule are asked for, from the whole list.
_MOST: Final = 16
# What ends so soon (seconds) may be there in one world and not in the other.
_SOON: Final = 900
# How much later the Worker before is asked once more: what is about time is another then.
_LATER_MS: Final = 61_000
# Nothing has this name; it is asked for where there are several.
_NOBODYS: Final = "nothing-has-this-name"


class Asker(Visitor):
    """Somebody who keeps what was answered."""

    def __init__(self, world: World, name: str, role: Role, colo: str = JUDGE) -> None:
        super().__init__(world, name, role, colo)
        self.responses: list[Response] = []

    async def request(self, method: str, path: str, **more: Any) -> Reply:
        reply = await super().request(method, path, **more)
        self.responses.append(Response(f"{method} {path}", reply.status, reply.body, reply.headers))
        return reply


class Asking:
    """The requests about the entries with which a world begins; `ask` sends them to the Worker there."""

    def __init__(self) -> None:
        self.after: Requests | None = None
        self.began = 0

    async def ask(self, world: World) -> None:
        """Send all of them to the Worker after, when everything is over."""
        self.began = world.clock.now_ms()
        self.after = await _asked(world, self.began)

    def compared(self, world: World) -> Compared | None:
        """The same to the Worker before, twice, each time in a world of its own."""
        if self.after is None:
            return None
        return Compared(self._before(world, 1), self._before(world, 2), self.after)

    def _before(self, world: World, seed: int) -> Requests:
        began = self.began + (seed - 1) * _LATER_MS
        scenario = Scenario(seed, "local", page=world.scenario.page)
        return in_world_before(world, scenario, began, lambda old: _asked(old, self.began))


def in_world_before(
    world: World, scenario: Scenario, began: int, do: Callable[[World], Coroutine[Any, Any, Result]]
) -> Result:
    """The result of what is done in another world, with the same entries and the Worker before."""
    loop = SimulatedLoop(Chance(scenario.seed, "loop"))  # type: ignore[abstract]
    clock = LoopClock(loop, began)
    for stage in world.stages.all():
        stage.worker_code.enter(clock, scenario.seed)
    start = {
        place: entry
        for place, entry in world.start.items()
        if entry.expiration is None or entry.expiration * 1000 > began
    }
    old = World(world.migration, scenario, start, clock, world.stages, visit)
    old.unreadable = world.unreadable

    async def play() -> Result:
        await old.fill()
        old.deploy("before")
        result = await do(old)
        old.close()
        return result

    return loop.run(play())


def can_compare(world: World) -> bool:
    """Whether there are two Workers to compare, and nothing that disturbs the comparison."""
    deployed = world.deployed[-1][1] if world.deployed else "before"
    return (
        world.scenario.is_quiet
        and not world.failures
        and "before" in world.migration.stages
        and deployed != "before"
        and any(not rule.is_changed for rule in (*world.migration.readers, *world.migration.clients))
    )


async def _asked(world: World, began: int) -> Requests:
    """Everything that readers and clients do to some entries, by one after the other.

    Each client does it to each entry, another one first each time; after each round readers look for all.
    """
    responses, writes = dict[str, Sequence[Response]](), len(world.writes)
    readers, clients = (
        [(rule, _chosen(world, rule, began)) for rule in rules if not rule.is_changed]
        for rules in (world.migration.readers, world.migration.clients)
    )
    for turn in range(len(clients) + 1):
        for rule, names in readers:
            for name in [*names, *_made(world, rule), *([_NOBODYS] if len(names) > 1 else [])]:
                await _done(world, rule, name, turn, responses)
        for place, (rule, names) in enumerate(clients if turn < len(clients) else ()):
            for at, name in enumerate(names):
                if (place + at) % len(clients) == turn:
                    await _done(world, rule, name, turn, responses)
    written = frozenset((event.namespace, event.key) for event in world.writes[writes:])
    return Requests(responses, written, await world.stored())


async def _done(
    world: World, rule: Rule, name: str, turn: int, responses: dict[str, Sequence[Response]]
) -> None:
    asker = Asker(world, "somebody", "client" if rule in world.migration.clients else "judge")
    world.network.layers.ledger.spent.clear()
    try:
        await asker.do(rule, name)
    except MigrationError:
        if name != _NOBODYS:  # a function may take for granted that there is something
            raise
    responses[f"{turn} {rule.name} {name}"] = asker.responses


def _chosen(world: World, rule: Rule, began: int) -> list[str]:
    """Some of the entries of the beginning that live long enough."""
    names, left_out = [], world.unreadable | shared(world)
    for (where, key), entry in world.start.items():
        lives = entry.expiration is None or entry.expiration > began // 1000 + _SOON
        is_one = where == rule.binding and key.startswith(rule.prefix)
        if is_one and lives and (where, key) not in left_out:
            names.append(key.removeprefix(rule.prefix))
    return [names[at * len(names) // _MOST] for at in range(_MOST)] if len(names) > _MOST else names


def shared(world: World) -> set[Place]:
    """The entries that go where something else is, or goes: what is found there need not be theirs."""
    sources: dict[Place, set[Place]] = {place: {place} for place in world.start}
    for place, entry in world.start.items():
        if world.migration.rule_for(*place) is not None:
            for target in world.outcomes.targets(place, entry) or ():
                sources.setdefault(place_of(target), set()).add(place)
    return {one for those in sources.values() if len(those) > 1 for one in those}


def _made(world: World, rule: Rule) -> list[str]:
    """What clients made meanwhile."""
    return [
        act.name
        for act in world.acts
        if (act.outcome, act.actor, act.rule.prefix) == ("made", "somebody", rule.prefix)
    ]
