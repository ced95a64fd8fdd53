"""All of codeQ's operations, made once and knowing each other."""

from pathlib import Path

import httpx

from kvstore.entropy import Entropy
from worker.codeq.documents import Timeline
from worker.codeq.keys import CodeqKeys
from worker.codeq.servers import Server
from worker.codeq.service.artifacts import Artifacts
from worker.codeq.service.claims.claims import Claims
from worker.codeq.service.claims.nack import Backoff, Nack
from worker.codeq.service.claims.repair import Repair
from worker.codeq.service.cleanup import Cleanup
from worker.codeq.service.creation import Creation
from worker.codeq.service.queues import CodeqQueues
from worker.codeq.service.results import Results
from worker.codeq.service.statistics import Statistics
from worker.codeq.service.sweep import Sweep
from worker.codeq.service.webhooks.callbacks import Callbacks
from worker.codeq.service.webhooks.notifications import Notifications
from worker.codeq.service.webhooks.subscriptions import Subscriptions
from worker.codeq.settings import Settings
from worker.codeq.store import Ownership, TaskTable


class Engine:
    """codeQ without HTTP: each attribute is one thing that it does."""

    def __init__(
        self,
        server: Server,
        http: httpx.AsyncClient,
        timeline: Timeline,
        entropy: Entropy,
        settings: Settings,
    ) -> None:
        keys = CodeqKeys()
        self.tasks = TaskTable(server, keys, timeline)
        queues = CodeqQueues(server, keys)
        on = (server, keys, self.tasks, queues, timeline, settings)
        backoff = Backoff(
            settings.backoff_policy, settings.backoff_base_seconds, settings.backoff_max_seconds, entropy
        )
        self.callbacks = Callbacks(http, timeline, settings)
        self.nack = Nack(*on, backoff)
        self.creation = Creation(*on, Notifications(*on, http), entropy)
        self.ownership = Ownership(server, keys, self.tasks, queues, timeline)
        self.claims = Claims(*on, self.ownership, Repair(*on, self.nack))
        self.results = Results(*on, Artifacts(Path(settings.local_artifacts_dir)), self.callbacks)
        self.subscriptions = Subscriptions(*on, entropy)
        self.sweep = Sweep(*on)
        self.statistics = Statistics(*on)
        self.cleanup = Cleanup(*on)
