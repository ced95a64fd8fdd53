"""What both services keep in Redis in the same way."""

from worker.codeq.store.ownership import Ownership
from worker.codeq.store.tasks import TaskTable

__all__ = ["Ownership", "TaskTable"]
