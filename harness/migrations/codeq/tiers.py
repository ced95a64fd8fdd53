"""codeQ's priorities: which of the ten pending lists a task belongs to."""

from worker.codeq.documents import Task

TIERS = range(10)


def tier_of(task: Task | None) -> int:
    """A task's priority, clamped to 0…9; 0 for what cannot be read."""
    return min(max(task.priority, 0), 9) if task is not None else 0
