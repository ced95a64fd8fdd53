"""The controller that a scheduled handler is given."""

import re
from dataclasses import dataclass
from typing import Final

NO_MOMENT: Final = "time must be whole milliseconds since the UNIX epoch, as a Date takes them, but got {!r}"
_WHOLE: Final = re.compile("-?[0-9]{1,16}", re.ASCII)
_MOST: Final = 8_640_000_000_000_000  # milliseconds on either side of the epoch: what a Date can hold


def moment_of(text: str) -> int | None:
    """Milliseconds since the UNIX epoch, from ``time=`` of a request; None for what is not a valid time."""
    moment = int(text) if _WHOLE.fullmatch(text) else None
    return None if moment is None or abs(moment) > _MOST else moment


@dataclass
class ScheduledController:
    """``cron`` is the expression that fired, ``scheduledTime`` milliseconds since the UNIX epoch."""

    cron: str
    scheduledTime: int
    type: str = "scheduled"

    def noRetry(self) -> None:
        """Accepted: nothing is retried here."""
