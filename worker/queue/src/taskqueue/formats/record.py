"""What the coordinator knows of a task: who holds it, which of its leases have ended, whether it is done."""

from typing import Any, Final

from taskqueue import keys
from taskqueue.formats.lease import StoredLease, strongest
from taskqueue.formats.protocol import Object
from taskqueue.javascript import parse, stringify

# How long KV may show what is no longer so: a minute, and some more.
STALE_MS: Final = 90_000
# A status update that read the task before its completion writes it once more, to live for an hour.
DONE_MS: Final = keys.TASK_TTL * 1000 + 2 * STALE_MS


class Record:
    """One task at the time ``now`` (ms). ``text`` is the record as it was stored, None for a new one.

    ``lease`` is the last one, run out or not; ``ended`` says of leases that were given back, or belong to a
    completed task, how long copies of them could look valid; ``done`` how long the task stays completed.
    """

    def __init__(self, task_id: str, text: str | None, now: int) -> None:
        stored: Object = {} if text is None else parse(text)
        self.id = task_id
        self.now = now
        self.lease: Object | None = stored.get("lease")
        self.ended: dict[str, int] = stored.get("ended", {})
        self.done: int | None = stored.get("done")
        self.is_blocked = False

    @property
    def text(self) -> str:
        """The record to be stored."""
        ended = {name: end for name, end in self.ended.items() if end > self.now}
        return stringify({"lease": self.holding, "ended": ended, "done": self.done})

    @property
    def matters(self) -> bool:
        """Whether anything in it is still of use."""
        return self.is_done or self.holding is not None or any(end > self.now for end in self.ended.values())

    @property
    def is_done(self) -> bool:
        return self.done is not None and self.done > self.now

    @property
    def holding(self) -> Object | None:
        """The lease that holds now."""
        return self.lease if self.lease is not None and StoredLease(self.lease).holds(self.now) else None

    @property
    def is_free(self) -> bool:
        return not self.is_done and not self.is_blocked and self.holding is None

    def is_held_by(self, name: str) -> bool:
        return self.holding is not None and identity(self.holding) == name

    def take_over(self, seen: list[str]) -> bool:
        """Take over a lease that is not the coordinator's own; whether there is something to store.

        ``seen`` are the texts of the task's lease keys in KV. A lease without an end, and what cannot be
        read, blocks the task for as long as it is seen, and is not stored.
        """
        if self.is_done or self.holding is not None:
            return False
        foreign = [
            lease for lease in map(StoredLease.read, seen) if lease is not None and self._is_news(lease)
        ]
        self.is_blocked = any(lease.members is None for lease in foreign)
        found = strongest([lease for lease in foreign if lease.members is not None])
        if found is None:
            return False
        self.lease = found.members
        return found.ends_ms != float("inf")

    def _is_news(self, lease: StoredLease) -> bool:
        ended = lease.members is not None and self.ended.get(identity(lease.members), 0) > self.now
        return not ended and lease.holds(self.now)

    def end_lease(self) -> None:
        """The lease is over before its time: a copy of it in KV is to fool nobody."""
        if self.holding is not None:
            end = StoredLease(self.holding).ends_ms
            self.ended[identity(self.holding)] = self.now + STALE_MS if end == float("inf") else int(end) + 1
        self.lease = None

    def complete(self) -> None:
        self.end_lease()
        self.done = self.now + DONE_MS


def identity(lease: Any) -> str:
    """What tells a lease from every other: its nonce; without one, its holder and when it was claimed."""
    members = lease if isinstance(lease, dict) else {}
    nonce = members.get("claimNonce")
    return nonce if isinstance(nonce, str) else f"{members.get('workerId')}@{members.get('claimedAt')}"
