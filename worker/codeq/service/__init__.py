"""codeQ, at ``/v1/codeq``."""

from worker.codeq.service.app import create_codeq
from worker.codeq.service.queues import MOVE_SCRIPT, MOVE_SHA

__all__ = ["MOVE_SCRIPT", "MOVE_SHA", "create_codeq"]
