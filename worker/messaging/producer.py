"""The binding of a queue as JavaScript sees it: ``env.<binding>``."""

from collections.abc import Callable, Iterable
from typing import Any

from kvstore.javascript.values import UNDEFINED, Undefined, to_int32, to_string
from worker.config import QueueProducer
from worker.messaging.broker import Broker, Metrics
from worker.messaging.limits import QueueError
from worker.messaging.message import Message, content_type_of, encoded
from worker.sdk.ffi.date import at
from worker.sdk.ffi.errors import JsException, type_error
from worker.sdk.ffi.jsobject import JsObject, option

Sent = dict[str, Any]


class WorkerQueue(JsObject):
    """``send``, ``sendBatch`` and ``metrics``. Raises JsException with workerd's texts.

    ``default_type`` is the content type of a body without one: ``json`` or ``v8``, by the Worker's
    compatibility date. ``failed`` makes the text for what a queue refuses.
    """

    def __init__(
        self,
        rules: QueueProducer,
        broker: Broker,
        default_type: str = "json",
        failed: Callable[[QueueError], str] = str,
    ) -> None:
        self._rules = rules
        self._broker = broker
        self._default_type = default_type
        self._failed = failed

    async def send(self, body: Any = UNDEFINED, options: Any = UNDEFINED) -> Sent:
        if isinstance(body, Undefined):
            raise _not_of("send", 1, "JsValue")
        self._check_options("send", options, "SendOptions")
        return self._sent([self._message(body, options, UNDEFINED)], batch=False)

    async def sendBatch(self, messages: Any = UNDEFINED, options: Any = UNDEFINED) -> Sent:
        if isinstance(messages, str | bytes | dict) or not isinstance(messages, Iterable):
            raise _not_of("sendBatch", 1, "Sequence")
        self._check_options("sendBatch", options, "SendBatchOptions")
        made = []
        for one in messages:
            if not isinstance(one, dict):
                raise type_error("Incorrect type: the provided value is not of type 'MessageSendRequest'.")
            if isinstance(body := one.get("body", UNDEFINED), Undefined):
                raise type_error("Message body cannot be undefined")
            made.append(self._message(body, one, options))
        if not made:
            raise type_error("sendBatch() requires at least one message")
        return self._sent(made, batch=True)

    async def metrics(self) -> Sent:
        return _shown(self._broker.metrics(self._rules.queue))

    def _check_options(self, method: str, options: Any, kind: str) -> None:
        if not isinstance(options, Undefined | dict | None):
            raise _not_of(method, 2, kind)

    def _message(self, body: Any, own: Any, general: Any) -> Message:
        named = option(own, "contentType")
        kind = self._default_type if isinstance(named, Undefined) else content_type_of(to_string(named))
        data = encoded(body, kind)
        asked = (option(one, "delaySeconds") for one in (own, general))
        delay = next((to_int32(one) for one in asked if not isinstance(one, Undefined | None)), None)
        return self._broker.message(kind, data, int(self._rules.delivery_delay) if delay is None else delay)

    def _sent(self, messages: list[Message], *, batch: bool) -> Sent:
        try:
            metrics = self._broker.send(self._rules.queue, messages, batch=batch)
        except QueueError as error:
            raise JsException("Error", self._failed(error)) from error
        return {"metadata": {"metrics": _shown(metrics)}}


def _shown(metrics: Metrics) -> Sent:
    oldest = metrics.get("oldestMessageTimestamp")
    return dict(metrics) if oldest is None else {**metrics, "oldestMessageTimestamp": at(oldest)}


def _not_of(method: str, number: int, kind: str) -> JsException:
    return type_error(
        f"Failed to execute '{method}' on 'WorkerQueue': parameter {number} is not of type '{kind}'."
    )
