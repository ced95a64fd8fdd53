"""What a queue refuses, with the code and the text of the product.

Source: https://developers.cloudflare.com/queues/reference/error-codes (2026-04-21). A KB is 1,000 bytes.
"""

from collections.abc import Iterable
from typing import Final

from kvstore.figures import whole
from worker.config import ConfigError, QueueConsumer, QueueProducer
from worker.messaging.message import Message

MESSAGE_BYTES: Final = whole("queues.message_size")
BATCH_MESSAGES: Final = whole("queues.batch_messages")
BATCH_BYTES: Final = whole("queues.batch_size")
LONGEST_DELAY: Final = whole("queues.delay")
_WAIT: Final = whole("queues.batch_wait")
_RETRIES: Final = whole("queues.retries")


class QueueError(Exception):
    """A queue does not take a message or a batch: ``cause`` is the product's text, ``code`` its number."""

    def __init__(self, code: int, cause: str, status: int = 400) -> None:
        super().__init__(f"{cause} ({code})")
        self.code = code
        self.cause = cause
        self.status = status


class QueueConfigError(ConfigError):
    """A configuration of queues that cannot be run; the message says what is wrong in it."""


def check_messages(messages: list[Message], *, batch: bool) -> None:
    """Raises QueueError for messages that are too large or too many, or wait too long."""
    if batch and len(messages) > BATCH_MESSAGES:
        raise QueueError(10206, "Batch count out of bounds", 413)
    if any(len(one.body) > MESSAGE_BYTES for one in messages):
        raise QueueError(10204, "Message size out of bounds", 413)
    if batch and sum(len(one.body) for one in messages) > BATCH_BYTES:
        raise QueueError(10205, "Batch size out of bounds", 413)
    if not all(0 <= one.delay <= LONGEST_DELAY for one in messages):
        raise QueueError(10203, "Invalid message metadata")


def check_consumers(consumers: Iterable[tuple[str, QueueConsumer]]) -> None:
    """``consumers`` come with the name of their Worker. Raises QueueConfigError."""
    known: dict[str, str] = {}
    for worker, one in consumers:
        if one.queue in known:
            raise QueueConfigError(
                f'Multiple consumers defined for queue "{one.queue}": "{known[one.queue]}" and "{worker}"'
            )
        known[one.queue] = worker
        if one.dead_letter_queue == one.queue:
            raise QueueConfigError(f'Dead letter queue for queue "{one.queue}" cannot be itself')
        for name, value, most in (
            ("max_batch_size", one.max_batch_size, BATCH_MESSAGES),
            ("max_batch_timeout", one.max_batch_timeout, _WAIT),
            ("max_retries", one.max_retries, _RETRIES),
            ("retry_delay", one.retry_delay, LONGEST_DELAY),
        ):
            _check(f'The consumer of queue "{one.queue}"', name, value, most)


def check_producer(one: QueueProducer) -> None:
    """Raises QueueConfigError."""
    _check(f'The producer of queue "{one.queue}"', "delivery_delay", one.delivery_delay, LONGEST_DELAY)


def _check(owner: str, name: str, value: float, most: int) -> None:
    least = 1 if name == "max_batch_size" else 0
    if not least <= value <= most or (name != "max_batch_timeout" and value != int(value)):
        raise QueueConfigError(f"{owner} has {name} = {value}, which must be a number from {least} to {most}")
