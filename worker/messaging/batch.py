"""What a handler ``queue`` gets: a batch of messages, to be acknowledged or retried."""

from collections.abc import Callable
from typing import Any, Protocol

from kvstore.javascript.values import UNDEFINED, Undefined, to_int32
from worker.messaging.broker import Metrics
from worker.messaging.message import Message, decoded
from worker.messaging.outcome import Outcome
from worker.sdk.ffi.date import at
from worker.sdk.ffi.jsobject import JsObject, option

_NO_EFFECT = "Received a call to {late} after {early} was already called. Calling {general} has no effect."


class QueueMessage(JsObject):
    """The first ``ack`` or ``retry`` counts, and takes precedence over what the whole batch gets."""

    def __init__(self, message: Message, said: "_Said") -> None:
        self.id = message.id
        self.timestamp = at(message.timestamp)
        self.body = decoded(message)
        self.attempts = message.failures + 1
        self._said = said

    def ack(self) -> None:
        self._said.ack(self.id)

    def retry(self, options: Any = UNDEFINED) -> None:
        self._said.retry(self.id, _delay(options))


class MessageBatch(JsObject):
    """``js_outcome`` is its outcome, once the handler is done; ``warn`` reports calls without effect."""

    js_name = "QueueController"

    def __init__(
        self, queue: str, messages: list[Message], metrics: Metrics, warn: Callable[[str], None]
    ) -> None:
        self._said = _Said(warn)
        self.queue = queue
        self.messages = [QueueMessage(one, self._said) for one in messages]
        oldest = metrics.get("oldestMessageTimestamp")
        moment = {} if oldest is None else {"oldestMessageTimestamp": at(oldest)}
        self.metadata = {"metrics": {**metrics, **moment}}

    def ackAll(self) -> None:
        self._said.ack_all()

    def retryAll(self, options: Any = UNDEFINED) -> None:
        self._said.retry_all(_delay(options))

    def js_outcome(self, *, ok: bool) -> Outcome:
        said = self._said
        return Outcome(ok, said.all == "retry", said.delay, said.acks, said.retries)


class Handler(Protocol):
    """A Worker whose handler ``queue`` takes batches."""

    on_error: Callable[[BaseException], None]

    async def queue(self, batch: MessageBatch) -> None: ...


async def take(handler: Handler, batch: MessageBatch) -> Outcome:
    """What becomes of a batch in a handler; what that raises goes to its error log."""
    try:
        await handler.queue(batch)
    except Exception as error:
        handler.on_error(error)
        return batch.js_outcome(ok=False)
    return batch.js_outcome(ok=True)


class _Said:
    """What the handler has called so far: the first call counts, and one that contradicts it warns."""

    def __init__(self, warn: Callable[[str], None]) -> None:
        self.all = ""  # "ack" or "retry", once one was called for the whole batch
        self.delay: int | None = None
        self.acks: set[str] = set()
        self.retries: dict[str, int | None] = {}
        self._warn = warn

    def ack(self, identity: str) -> None:
        said = f"ack() on message {identity}"
        if self.all == "retry":
            self._vain(said, "retryAll()", "ack() on a message after calling retryAll()")
        elif identity in self.retries:
            self._vain(said, "retry()", "ack() on a message after calling retry()")
        elif not self.all:
            self.acks.add(identity)

    def retry(self, identity: str, delay: int | None) -> None:
        said = f"retry() on message {identity}"
        if self.all == "ack":
            self._vain(said, "ackAll()", "retry() on a message after calling ackAll()")
        elif identity in self.acks:
            self._vain(said, "ack()", "retry() on a message after calling ack()")
        elif not self.all:
            self.retries[identity] = delay

    def ack_all(self) -> None:
        if self.all == "retry":
            self._vain("ackAll()", "retryAll()", "ackAll() after calling retryAll()")
        else:
            self.all = "ack"

    def retry_all(self, delay: int | None) -> None:
        if self.all == "ack":
            self._vain("retryAll()", "ackAll()", "retryAll() after calling ackAll()")
        else:
            self.all, self.delay = "retry", delay

    def _vain(self, late: str, early: str, general: str) -> None:
        self._warn(_NO_EFFECT.format(late=late, early=early, general=general))


def _delay(options: Any) -> int | None:
    given = option(options, "delaySeconds")
    return None if isinstance(given, Undefined | None) else to_int32(given)
