"""The legacy scheduler, at ``/v1/scheduler``."""

from worker.codeq.scheduler.app import create_scheduler

__all__ = ["create_scheduler"]
