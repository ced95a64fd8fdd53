"""What the Workers of one ``dev`` share: how they call each other, and their queues."""

from collections.abc import Sequence

from worker.messaging import Broker
from worker.runtime.services import Callee
from wrangler_compat.dev.members import Member


class Shared:
    """``members`` are the Workers, the primary first; ``services`` those that can be called, by name."""

    def __init__(self, members: Sequence[Member], broker: Broker) -> None:
        self.members = members
        self.broker = broker
        self.services: dict[str, Callee] = {}

    @property
    def several(self) -> bool:
        return len(self.members) > 1

    @property
    def names(self) -> frozenset[str]:
        return frozenset(one.name for one in self.members)

    @property
    def consumed(self) -> frozenset[str]:
        """The queues that one of the Workers consumes."""
        return frozenset(one.queue for member in self.members for one in member.config.queue_consumers)
