"""The exit codes of ``rehearse``."""

from typing import Final

HELD: Final = 0
VIOLATED: Final = 1
USAGE: Final = 2
NOT_STARTED: Final = 3
INCONCLUSIVE: Final = 4  # a search found nothing, and did not meet what it must have met
INTERRUPTED: Final = 130
