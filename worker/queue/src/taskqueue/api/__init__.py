"""The queue API: ``/api/queue`` and ``/api/result``."""

from taskqueue.api.routes import respond

__all__ = ["respond"]
