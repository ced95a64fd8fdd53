"""The Worker of the migration guide, which comes with Understudy."""

from pathlib import Path
from typing import Final

import worker

QUEUE_WORKER: Final = Path(worker.__file__).parent / "queue"
API_KEY: Final = "rehearsal-queue-key"
