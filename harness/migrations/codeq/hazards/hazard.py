"""One hazard: how it is brought about, what is seen, and what finds it before it does harm."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Any

from harness.migrations.codeq.hazards.stage import Stage
from kvstore.clock import stopwatch
from worker.codeq import Server


@dataclass(frozen=True, slots=True)
class Seen:
    """``what`` happened, empty if it did not; ``found``: what tells of it, empty if nothing does."""

    what: str
    found: str


Act = Callable[[Stage], Awaitable[Seen]]


@dataclass(frozen=True, slots=True)
class Hazard:
    """``act`` brings the hazard about on a stage that was just set."""

    name: str
    title: str
    act: Act


class Hazards(list[Hazard]):
    """Those of one family."""

    def hazard(self, name: str, title: str) -> Callable[[Act], Act]:
        """Registers the decorated function, which brings the hazard about."""

        def add(act: Act) -> Act:
            self.append(Hazard(name, title, act))
            return act

        return add


@dataclass(frozen=True, slots=True)
class Shown:
    """What came of a hazard, in ``seconds``."""

    hazard: str
    title: str
    what: str
    found: str
    seconds: float

    @property
    def held(self) -> bool:
        """It happened, and something tells of it."""
        return bool(self.what and self.found)

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "seconds": round(self.seconds, 3), "held": self.held}


async def show(hazard: Hazard, server: Server, now: int) -> Shown:
    """Sets a stage, acts and strikes it; ``now`` is in epoch milliseconds. Raises CodeqError."""
    start = stopwatch()
    async with Stage.on(server, now) as stage:
        seen = await hazard.act(stage)
    return Shown(hazard.name, hazard.title, seen.what, seen.found, stopwatch() - start)
