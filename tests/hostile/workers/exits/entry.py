"""Ends Python at every request."""

import sys

from workers import WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        sys.exit(0)
