"""Where faults can strike: at every KV operation of requests, or at every request."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from kvstore.faults import FAULTS, Fault


class Answered(Protocol):
    """A request: its name, and how many KV operations it took."""

    @property
    def name(self) -> str: ...
    @property
    def operations(self) -> int: ...


Request = TypeVar("Request", bound=Answered)


def everywhere(
    kinds: Sequence[str],
    requests: Sequence[Request],
    strikes_actor: Callable[[Request], bool] = lambda request: True,
) -> list[Fault]:
    """Each kind of fault wherever it can strike, one kind after the other.

    ``strikes_actor`` says of a request whether a fault of whoever sends it can follow it.
    """
    found = []
    for kind in kinds:
        strikes = FAULTS[kind].strikes
        for one in requests:
            if strikes == "operation":
                found += [Fault(kind, at, one.name) for at in range(1, one.operations + 1)]
            elif strikes != "actor" or strikes_actor(one):
                found.append(Fault(kind, 0, one.name))
    return found
