"""How long something takes: the best of some rounds, since what disturbs only ever adds."""

from collections.abc import Awaitable, Callable

from kvstore.clock import stopwatch

ROUNDS = 5


async def seconds(work: Callable[[], Awaitable[object]], rounds: int = ROUNDS) -> float:
    return min([await _once(work) for _ in range(rounds)])


async def _once(work: Callable[[], Awaitable[object]]) -> float:
    start = stopwatch()
    await work()
    return stopwatch() - start


async def in_turns(
    ours: Callable[[], Awaitable[object]], other: Callable[[], Awaitable[object]], rounds: int = ROUNDS
) -> tuple[float, float]:
    """The best time of each, measured in turns: a machine that is busy for a while is so for both."""
    pairs = [(await _once(ours), await _once(other)) for _ in range(rounds)]
    return min(pair[0] for pair in pairs), min(pair[1] for pair in pairs)
