"""A lease as it is stored, and whether it still holds."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from taskqueue.javascript import parse


@dataclass(frozen=True, slots=True)
class StoredLease:
    """One lease key's value; ``members`` is None when it is no JSON object."""

    members: dict[str, Any] | None

    @classmethod
    def read(cls, text: str | None) -> "StoredLease | None":
        """None for a key that is not there."""
        if text is None:
            return None
        try:
            value = parse(text)
        except ValueError:
            value = None
        return cls(value if isinstance(value, dict) else None)

    @property
    def nonce(self) -> Any:
        return None if self.members is None else self.members.get("claimNonce")

    @property
    def ends_ms(self) -> float:
        """When ``expiresAt`` says it ends, in milliseconds; infinity if it does not say.

        Then, as in the original, the lease holds for as long as its key is there.
        """
        try:
            said = datetime.fromisoformat(str((self.members or {})["expiresAt"]))
            return said.timestamp() * 1000
        except (KeyError, ValueError, OverflowError):
            return float("inf")

    def holds(self, now_ms: int) -> bool:
        return now_ms < self.ends_ms


def strongest(leases: list[StoredLease | None]) -> StoredLease | None:
    """The lease that lasts longest; the first of equals."""
    there = [lease for lease in leases if lease is not None]
    return max(there, key=lambda lease: lease.ends_ms, default=None)


def lasts_longer(text: str | None, other_text: str | None) -> bool:
    """Whether a lease is the same as the other one, but for an end that is later."""
    one, other = StoredLease.read(text), StoredLease.read(other_text)
    if one is None or other is None or one.nonce is None or one.nonce != other.nonce:
        return False
    return one.ends_ms > other.ends_ms
