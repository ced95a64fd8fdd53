"""A batch and its outcome as JSON: how the messages of a queue reach a Worker in workerd."""

from base64 import b64encode
from typing import Any

from worker.messaging.broker import Metrics
from worker.messaging.message import Message
from worker.messaging.outcome import Outcome


def batch_json(queue: str, messages: list[Message], metrics: Metrics) -> dict[str, Any]:
    """The batch; bodies are bytes in Base64."""
    return {
        "queue": queue,
        "metrics": metrics,
        "messages": [
            {
                "id": one.id,
                "timestamp": one.timestamp,
                "attempts": one.failures + 1,
                "contentType": one.content_type,
                "body": b64encode(one.body).decode(),
            }
            for one in messages
        ],
    }


def outcome_of(given: dict[str, Any]) -> Outcome:
    """The outcome in what workerd returns for a batch (``FetcherQueueResult``)."""
    every = given.get("retryBatch") or {}
    return Outcome(
        ok=given["outcome"] == "ok",
        retry_all=bool(every.get("retry")),
        delay=every.get("delaySeconds"),
        acks=frozenset(given.get("explicitAcks") or ()),
        retries={one["msgId"]: one.get("delaySeconds") for one in given.get("retryMessages") or ()},
    )
