"""What a handler ``queue`` gets: a batch of messages, to be acknowledged or retried."""

from collections.abc import Callable
from typing import Any, Final, Literal, Protocol

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
        self._said.one("ack", self.id)

    def retry(self, options: Any = UNDEFINED) -> None:
        self._said.one("retry", self.id, _delay(options))


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
        self._said.every("ack")

    def retryAll(self, options: Any = UNDEFINED) -> None:
        self._said.every("retry", _delay(options))

    def js_outcome(self, *, ok: bool) -> Outcome:
        said = self._said
        return Outcome(ok, said.all == "retry", said.delay, set(said.calls["ack"]), said.calls["retry"])


class Handler(Protocol):
    """A Worker whose handler ``queue`` takes batches."""

    @property
    def on_error(self) -> Callable[[BaseException], None]: ...

    async def queue(self, batch: MessageBatch) -> None: ...


async def take(handler: Handler, batch: MessageBatch) -> Outcome:
    """What becomes of a batch in a handler; what that raises goes to its error log."""
    try:
        await handler.queue(batch)
    except Exception as error:
        handler.on_error(error)
        return batch.js_outcome(ok=False)
    return batch.js_outcome(ok=True)


_Call = Literal["ack", "retry"]
_OTHER: Final[dict[_Call, _Call]] = {"ack": "retry", "retry": "ack"}


class _Said:
    """What the handler has called so far: the first call counts, and one that contradicts it warns."""

    def __init__(self, warn: Callable[[str], None]) -> None:
        self.all = ""  # "ack" or "retry", once one was called for the whole batch
        self.delay: int | None = None
        # By the id of a message, with the delay of a retry.
        self.calls: dict[_Call, dict[str, int | None]] = {"ack": {}, "retry": {}}
        self._warn = warn

    def one(self, call: _Call, identity: str, delay: int | None = None) -> None:
        said, other = f"{call}() on message {identity}", _OTHER[call]
        if self.all == other:
            self._vain(said, f"{other}All()", f"{call}() on a message after calling {other}All()")
        elif identity in self.calls[other]:
            self._vain(said, f"{other}()", f"{call}() on a message after calling {other}()")
        elif not self.all:
            self.calls[call][identity] = delay

    def every(self, call: _Call, delay: int | None = None) -> None:
        other = _OTHER[call]
        if self.all == other:
            self._vain(f"{call}All()", f"{other}All()", f"{call}All() after calling {other}All()")
        else:
            self.all, self.delay = call, delay

    def _vain(self, late: str, early: str, general: str) -> None:
        self._warn(_NO_EFFECT.format(late=late, early=early, general=general))


def _delay(options: Any) -> int | None:
    given = option(options, "delaySeconds")
    return None if isinstance(given, Undefined | None) else to_int32(given)
