"""Readers and clients: they look for entries and change them, everywhere and all the time."""

from typing import Final

from harness.actors.actor import Actor
from harness.engine.under_way import asking
from harness.migration import MigrationError, Rule
from harness.model.record import Act, Role
from harness.world.world import World

# How long readers pause, at most, while the operator waits for another day.
_SELDOM_SECONDS: Final = 1800


class Visitor(Actor):
    """A reader or a client: ``who`` of the declared functions."""

    doing: Act | None = None

    def gone(self, name: str) -> None:
        """Say that the entry ``name`` was deleted, and that this was confirmed."""
        self._say("gone", name)

    def made(self, name: str) -> None:
        """Say that an entry ``name`` was made, and that this was confirmed."""
        self._say("made", name)

    def changed(self, name: str) -> None:
        """Say that the entry ``name`` is another now."""
        self._say("changed", name)

    def _say(self, outcome: str, name: str) -> None:
        act = self.doing
        if act is None:
            return
        if name == act.name:
            act.outcome = outcome
        else:
            self.world.note(Act(act.rule, name, self.name, self.role, act.began, act.first, outcome))

    async def do(self, rule: Rule, name: str) -> Act:
        """Let a declared function be done to an entry, and note what came of it."""
        world = self.world
        act = Act(rule, name, self.name, self.role, world.clock.now_ms(), len(world.writes))
        world.acts.append(act)
        first = self.sent
        self.doing = act
        try:
            with asking(f"{rule.name}({name!r})"):
                result = await rule.function(self, name)
        except AssertionError:
            result = False
        except Exception as error:
            raise MigrationError(f"{rule.name}({name!r}) fails: {type(error).__name__}: {error}") from error
        finally:
            self.doing = None
        unknown = any(call.outcome == "info" for call in world.calls_of(self.name, first))
        if self.role == "client":
            if unknown:
                act.outcome = "unknown"
            elif act.outcome == "running":
                act.outcome = "changed"
        else:
            act.outcome = "unknown" if unknown else "found" if result else "missed"
        act.ended, act.last, act.call = world.clock.now_ms(), len(world.writes), self.last
        return act

    async def read(self) -> None:
        """Look for entries by chance until the operator is done."""
        rules = self.world.migration.readers
        while not self.world.over:
            rule = rules[self.chance.below(len(rules))]
            names = self.world.names(rule)
            if names:
                await self.do(rule, names[self.chance.below(len(names))])
            often = (10, 60)[self.chance.below(2)]
            if self.world.is_waiting_for_tomorrow:
                await self.pause(1, _SELDOM_SECONDS)
            else:
                await self.pause(1, often)

    async def change(self, rounds: int) -> None:
        """Change ``rounds`` entries by chance, each once, at moments by chance."""
        rules = self.world.migration.clients
        for _ in range(rounds):
            await self.pause(0, (40, 400, 1200)[self.chance.below(3)])
            if self.world.over:
                return
            rule = rules[self.chance.below(len(rules))]
            names = [name for name in self.world.names(rule) if self.world.is_free(rule, name)]
            if names:
                await self.do(rule, names[self.chance.below(len(names))])


async def visit(world: World, who: str, role: Role, colo: str, rule: Rule, name: str) -> Act:
    """Somebody called ``who`` comes to a location, and does to an entry what a rule declares."""
    return await Visitor(world, who, role, colo).do(rule, name)
