"""Fails when it is deployed: its class takes no environment."""

from workers import WorkerEntrypoint


class Default(WorkerEntrypoint):
    def __init__(self):
        raise ValueError("no bindings, please")
