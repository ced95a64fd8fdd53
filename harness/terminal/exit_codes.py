"""The exit codes of ``rehearse``."""

from typing import Final

HELD: Final = 0
VIOLATED: Final = 1
USAGE: Final = 2
NOT_STARTED: Final = 3
INCONCLUSIVE: Final = 4  # nothing was violated, and what must have happened for that to mean anything did not
INTERRUPTED: Final = 130
