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
from worker.codeq.service.claims.queues import CodeqQueues
from worker.codeq.service.claims.repair import Repair
from worker.codeq.service.cleanup import Cleanup
from worker.codeq.service.creation import Creation
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
        queues = CodeqQueues(server, keys)
        backoff = Backoff(
            settings.backoff_policy, settings.backoff_base_seconds, settings.backoff_max_seconds, entropy
        )
        notifications = Notifications(server, keys, http, timeline, settings)
        artifacts = Artifacts(Path(settings.local_artifacts_dir))
        self.tasks = tasks = TaskTable(server, keys, timeline)
        self.callbacks = Callbacks(http, timeline, settings)
        self.nack = Nack(server, keys, tasks, backoff, timeline, settings)
        repair = Repair(server, keys, tasks, queues, self.nack, backoff, timeline, settings)
        self.creation = Creation(server, keys, tasks, queues, notifications, timeline, entropy)
        self.claims = Claims(server, keys, tasks, queues, repair, timeline)
        self.ownership = Ownership(server, keys, tasks, queues, timeline)
        self.results = Results(server, keys, tasks, queues, artifacts, self.callbacks, timeline)
        self.subscriptions = Subscriptions(server, keys, timeline, entropy, settings)
        self.sweep = Sweep(server, keys, timeline, settings.subscription_cleanup_interval_seconds)
        self.statistics = Statistics(keys, queues)
        self.cleanup = Cleanup(server, keys, tasks)
