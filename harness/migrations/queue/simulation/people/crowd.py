"""A crowd: several who send one request each, all at once. Who asks KV when is a matter of turns."""

from harness import Call
from harness.engine.interleaving import Interleaving
from harness.migrations.queue.simulation.people.actor import Actor
from harness.migrations.queue.simulation.people.operator import Operator
from harness.migrations.queue.simulation.requests import KINDS
from harness.migrations.queue.simulation.world import World
from kvstore.conditions import COLOS


class Crowd:
    """Sends what the scenario says is sent at once, each in the next of its locations."""

    def __init__(self, world: World, interleaving: Interleaving) -> None:
        self.world = world
        self.interleaving = interleaving

    async def play(self) -> None:
        """Send everything; then operators whose run has begun bring their migration to its end."""
        scenario = self.world.scenario
        names = names_of(scenario.at_once)
        requests, operators = {}, []
        for place, (name, kind) in enumerate(zip(names, scenario.at_once, strict=True)):
            colo = COLOS[place % scenario.colos]
            actor = (Operator if kind == "run" else Actor)(self.world, name, colo)
            requests[f"{name}.1"] = self._send(actor, kind)
            if isinstance(actor, Operator):
                operators.append(actor)
        await self.interleaving.answer_all(requests)
        for operator in operators:
            await operator.go_on(next(call for call in self.world.calls if call.actor == operator.name))

    async def _send(self, actor: Actor, kind: str) -> Call:
        request = KINDS[kind]
        return await actor.ask(kind, request.method, request.path, request.body(actor.name))


def names_of(kinds: tuple[str, ...]) -> list[str]:
    """Who sends which of several requests: ``daemon-1``, ``daemon-2``, ``producer-1``."""
    names: list[str] = []
    for kind in kinds:
        sender = KINDS[kind].sender
        number = 1 + sum(name.startswith(f"{sender}-") for name in names)
        names.append(f"{sender}-{number}")
    return names
