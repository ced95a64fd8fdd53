"""Which Worker of the migration guide a rehearsal is about: ours, or the user's own."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import worker

QUEUE_WORKER: Final = Path(worker.__file__).parent / "queue"
API_KEY: Final = "rehearsal-queue-key"


@dataclass(frozen=True, slots=True)
class QueueWorker:
    """The Worker in ``folder``, by default ours; ``without`` names bindings that are not emulated, and that
    nothing depends on.
    """

    folder: Path = QUEUE_WORKER
    without: tuple[str, ...] = ()

    @property
    def arguments(self) -> list[str]:
        """What tells a command which Worker this is; nothing for ours."""
        own = [] if self.folder == QUEUE_WORKER else ["--worker", str(self.folder)]
        return [*own, *(word for name in self.without for word in ("--without", name))]


OURS: Final = QueueWorker()
