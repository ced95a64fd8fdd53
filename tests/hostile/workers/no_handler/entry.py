"""Its class handles nothing."""

from workers import WorkerEntrypoint


class Default(WorkerEntrypoint):
    pass
