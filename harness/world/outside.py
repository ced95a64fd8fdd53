"""The world outside of a rehearsal: it answers what the migration says, after a while, and nothing else."""

from collections.abc import Mapping
from typing import Final

from harness.engine.chance import Chance
from harness.engine.loop import LoopClock
from harness.model.scenario import Scenario
from harness.outbound import Given, Outbound, Sent

# How long an answer of another server takes, in milliseconds.
_TAKES_MS: Final = (5, 400)


class Outside(Outbound):
    """``given`` is what is answered; a request that nothing was said of is refused by its name."""

    def __init__(self, given: Mapping[tuple[str, str], Given], scenario: Scenario, clock: LoopClock) -> None:
        super().__init__(given)
        self._chance = Chance(scenario.seed, "outside")
        self._clock = clock
        # Where all orders are visited, nothing takes time.
        self._takes = (0, 0) if scenario.order or scenario.at_once else _TAKES_MS

    async def answer(self, sent: Sent) -> Given | None:
        await self._clock.pause(self._chance.between(*self._takes))
        return await super().answer(sent)

    def refusal(self, sent: Sent) -> str:
        return (
            f"{sent.method} {sent.url} is refused: nothing leaves a rehearsal; say what it is answered: "
            f'outbound.on("{sent.method}", "{sent.url}", …)'
        )
