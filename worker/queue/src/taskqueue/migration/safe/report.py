"""What a step answers: the guide's members first, then what a client needs to go on."""

from dataclasses import dataclass, field
from typing import Any, Final, Literal

from taskqueue.migration.documented import Phase

Kind = Literal["tasks", "leases"]
KINDS: Final[tuple[Kind, ...]] = ("leases", "tasks")


# What KV says when an operation was one too many for the day, which begins at 00:00 UTC.
DAY_IS_OVER: Final = "limit exceeded for the day"
_DAY_MS: Final = 86_400_000

# How many ids a note names.
NAMED: Final = 20


@dataclass(slots=True)
class Step:
    """What one call did.

    ``tasks`` and ``leases`` count copies made, and what failed of anything, as the guide does; ``deleted``
    are originals removed. ``remaining`` is work: a copy to make, an original to delete, the end to be made;
    with ``complete`` False there may be more. ``retry_at`` (ms) is when waiting work falls due.
    """

    tasks: Phase = field(default_factory=Phase)
    leases: Phase = field(default_factory=Phase)
    fatal: list[str] = field(default_factory=list)
    deleted: int = 0
    remaining: int = 0
    complete: bool = False
    done: bool = False
    cursor: str | None = None
    retry_at: int | None = None
    quarantined: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    touched: bool = False

    def section(self, kind: Kind) -> Phase:
        return self.tasks if kind == "tasks" else self.leases

    def fail(self, kind: Kind, task_id: str, error: Exception) -> None:
        self.section(kind).fail("Task " + task_id if kind == "tasks" else "Lease " + task_id, str(error))

    def wait_until(self, moment: int) -> None:
        self.retry_at = moment if self.retry_at is None else min(self.retry_at, moment)

    @property
    def errors(self) -> list[str]:
        return self.tasks.errors + self.leases.errors + self.fatal

    @property
    def status(self) -> int:
        """200, 207 when something failed, 500 when the step could not go on."""
        return 500 if self.fatal else 207 if self.errors else 200

    def members(self, now_ms: int, operations: int) -> dict[str, Any]:
        """The members that both directions answer. ``retryAfter`` in seconds, 0 for at once."""
        retry_at, notes = self.retry_at, self.notes
        if not self.touched and any(DAY_IS_OVER in error for error in self.errors):
            retry_at = (now_ms // _DAY_MS + 1) * _DAY_MS
            notes = [*notes, "The operations of the day are used up: call again after 00:00 UTC"]
        wait = 0 if self.done or retry_at is None else max(0, -(-(retry_at - now_ms) // 1000))
        return {
            "done": self.done,
            "remaining": self.remaining,
            "complete": self.complete,
            "cursor": self.cursor,
            "retryAfter": wait,
            "operations": operations,
            "quarantined": self.quarantined,
            "notes": notes,
        }


def named(ids: list[str]) -> str:
    """Ids for a note: the first of them, and how many more there are."""
    more = f" and {len(ids) - NAMED} more" if len(ids) > NAMED else ""
    return ", ".join(ids[:NAMED]) + more
