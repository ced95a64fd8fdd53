"""The migration API of the guide: ``/api/migrate/status``, ``/run`` and ``/rollback``.

documented    as the guide's Worker does it      safe      as it should be; MIGRATION chooses
"""

from taskqueue.migration.routes import respond

__all__ = ["respond"]
