"""The queues that a Python Worker sends to."""

from http import HTTPStatus

from worker.config import WorkerConfig
from worker.config.compatibility import names_queue_errors, sends_json
from worker.messaging.broker import Broker
from worker.messaging.limits import QueueError, check_producer
from worker.messaging.producer import WorkerQueue


def queue_bindings(config: WorkerConfig, broker: Broker) -> dict[str, WorkerQueue]:
    """What the Worker sends with, by the names of its bindings. Raises QueueConfigError."""
    for one in config.queue_producers:
        check_producer(one)
    default = "json" if sends_json(config) else "v8"
    failed = str if names_queue_errors(config) else _without_code
    return {one.binding: WorkerQueue(one, broker, default, failed) for one in config.queue_producers}


def _without_code(error: QueueError) -> str:
    return f"Queue send failed: {HTTPStatus(error.status).phrase}"
