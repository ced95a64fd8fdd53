"""What each of codeQ's operations stands on."""

from dataclasses import dataclass

from worker.codeq.documents import Timeline
from worker.codeq.keys import CodeqKeys
from worker.codeq.servers import Server
from worker.codeq.service.queues import CodeqQueues
from worker.codeq.settings import Settings
from worker.codeq.store import TaskTable


@dataclass(frozen=True, slots=True)
class Operations:
    """Some of codeQ's operations on ``server``."""

    server: Server
    keys: CodeqKeys
    tasks: TaskTable
    queues: CodeqQueues
    timeline: Timeline
    settings: Settings
