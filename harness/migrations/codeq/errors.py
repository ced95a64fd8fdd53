"""Why a migration stops.

MigrationError(CodeqError)
└── Refused     nothing was changed: the pre-flight found reasons against starting
"""

from collections.abc import Sequence

from worker.codeq import CodeqError


class MigrationError(CodeqError):
    """A step found what it did not expect. What was done is in the journal; nothing was overwritten."""


class Refused(MigrationError):
    """Nothing was changed: the pre-flight found reasons against starting."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__("refused, nothing was changed: " + "; ".join(reasons))
        self.reasons = tuple(reasons)
