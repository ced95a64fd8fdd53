"""The controller that a scheduled handler is given."""

from dataclasses import dataclass


@dataclass
class ScheduledController:
    """``cron`` is the expression that fired, ``scheduledTime`` milliseconds since the UNIX epoch."""

    cron: str
    scheduledTime: int
    type: str = "scheduled"

    def noRetry(self) -> None:
        """Accepted: nothing is retried here."""
