"""The outcome of a batch: which of its messages are done, and which are to be tried again."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Outcome:
    """``ok``: the handler, and what it left to waitUntil, raised nothing. Otherwise all is tried again.

    ``retry_all`` asks for that too, after ``delay`` seconds, None for the consumer's. Single messages take
    precedence: ``acks`` are done, ``retries`` come again, each after a delay of its own, or None.
    """

    ok: bool = True
    retry_all: bool = False
    delay: int | None = None
    acks: Collection[str] = ()
    retries: Mapping[str, int | None] = field(default_factory=dict)

    def again(self, identity: str) -> bool:
        """Whether a message is to be delivered again."""
        if identity in self.retries:
            return True
        return (self.retry_all or not self.ok) and identity not in self.acks


FAILED = Outcome(ok=False)
