"""How long something takes: the best of some rounds, since what disturbs only ever adds."""

from collections.abc import Awaitable, Callable

from kvstore.clock import stopwatch

ROUNDS = 5

Work = Callable[[], Awaitable[object]]


async def seconds(work: Work, rounds: int = ROUNDS) -> float:
    return min([await _once(work) for _ in range(rounds)])


async def _once(work: Work, clock: Callable[[], float] = stopwatch) -> float:
    start = clock()
    await work()
    return clock() - start


async def in_turns(
    ours: Work, other: Work, rounds: int = ROUNDS, clock: Callable[[], float] = stopwatch
) -> tuple[float, float]:
    """The best time of each, measured in turns: a machine that is busy for a while is so for both.

    Where all of it happens in this process, ``clock`` may be `core_seconds`, which stands still while others
    are at work.
    """
    pairs = [(await _once(ours, clock), await _once(other, clock)) for _ in range(rounds)]
    return min(pair[0] for pair in pairs), min(pair[1] for pair in pairs)
