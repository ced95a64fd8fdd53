"""The migration API of the guide: ``/api/migrate/status``, ``/run`` and ``/rollback``."""

from taskqueue.migration.routes import respond

__all__ = ["respond"]
