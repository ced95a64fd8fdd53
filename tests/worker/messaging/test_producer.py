"""``env.<binding>.send`` of a queue: what it takes, and the texts of workerd for what it does not."""

from typing import Any

import pytest

from kvstore import ManualClock, SeededEntropy
from kvstore.javascript.values import UNDEFINED, ArrayBuffer
from worker.config import QueueConsumer, QueueProducer
from worker.messaging import Broker, Consumer, Message, Outcome
from worker.messaging.message import decoded
from worker.messaging.producer import WorkerQueue
from worker.sdk.ffi.errors import JsException

pytestmark = pytest.mark.anyio
ONE, TWO = "send", "sendBatch"


class Sending(Broker):
    """Keeps what is sent."""

    def __init__(self) -> None:
        super().__init__(ManualClock(), SeededEntropy(1))
        self.sent: list[Message] = []

    def send(self, queue: str, messages: list[Message], *, batch: bool = False) -> dict[str, int]:
        self.sent += messages
        return {"backlogCount": 0, "backlogBytes": 0}


def parameter(method: str, number: int, kind: str) -> str:
    return f"Failed to execute '{method}' on 'WorkerQueue': parameter {number} is not of type '{kind}'."


def content(kind: str, needed: str, got: str) -> str:
    return f'Content Type "{kind}" requires a value of type {needed}, but received: {got}'


XML = "Unsupported queue message content type: xml"
# Measured with workerd 1.20260426; all are TypeErrors.
REFUSED: list[tuple[str, list[Any], str]] = [
    (ONE, [], parameter("send", 1, "JsValue")),
    (ONE, ["x", 5], parameter("send", 2, "SendOptions")),
    (ONE, [5, {"contentType": "text"}], content("text", "string", "number")),
    (ONE, [{}, {"contentType": "text"}], content("text", "string", "object")),
    (ONE, ["x", {"contentType": "bytes"}], content("bytes", "ArrayBufferView", "string")),
    (ONE, [ArrayBuffer(b"x"), {"contentType": "bytes"}], content("bytes", "ArrayBufferView", "object")),
    (ONE, ["x", {"contentType": "xml"}], XML),
    (TWO, [[]], "sendBatch() requires at least one message"),
    (TWO, [], parameter("sendBatch", 1, "Sequence")),
    (TWO, [5], parameter("sendBatch", 1, "Sequence")),
    (TWO, [[{}]], "Message body cannot be undefined"),
    (TWO, [[5]], "Incorrect type: the provided value is not of type 'MessageSendRequest'."),
    (TWO, [[{"body": 1, "contentType": "xml"}]], XML),
]


@pytest.mark.parametrize(("method", "given", "said"), REFUSED)
async def test_what_is_not_valid_is_refused_as_by_workerd(method: str, given: list[Any], said: str) -> None:
    broker = Sending()
    with pytest.raises(JsException) as caught:
        await getattr(WorkerQueue(QueueProducer("Q", "q"), broker), method)(*given)
    assert str(caught.value) == f"TypeError: {said}"
    assert broker.sent == []


@pytest.mark.parametrize(
    ("body", "kind", "back"),
    [
        ("text", "text", "text"),
        ("text", "TEXT", "text"),
        ({"a": [1, None]}, "json", {"a": [1, None]}),
        (b"\x00\xff", "bytes", ArrayBuffer(b"\x00\xff")),
        ({"a": [1, None]}, "v8", {"a": [1, None]}),
        (None, UNDEFINED, None),
    ],
)
async def test_a_body_arrives_as_what_was_sent(body: Any, kind: Any, back: Any) -> None:
    broker = Sending()
    await WorkerQueue(QueueProducer("Q", "q"), broker).send(body, {"contentType": kind})
    assert decoded(broker.sent[0]) == back


@pytest.mark.parametrize("default", ["json", "v8"])
async def test_the_compatibility_date_decides_what_is_sent_without_a_type(default: str) -> None:
    broker = Sending()
    await WorkerQueue(QueueProducer("Q", "q"), broker, default).send({"a": 1})
    assert broker.sent[0].content_type == default


async def test_the_nearest_delay_counts() -> None:
    broker = Sending()
    queue = WorkerQueue(QueueProducer("Q", "q", delivery_delay=7), broker)
    await queue.send(1)
    await queue.send(1, {"delaySeconds": 0})
    await queue.sendBatch([{"body": 1}, {"body": 1, "delaySeconds": 3}], {"delaySeconds": 5})
    assert [one.delay for one in broker.sent] == [7, 0, 5, 3]


@pytest.mark.parametrize("sent", [0.5, "x", None])
async def test_a_delay_is_a_whole_number_as_javascript_makes_it_one(sent: Any) -> None:
    broker = Sending()
    await WorkerQueue(QueueProducer("Q", "q"), broker).send(1, {"delaySeconds": sent})
    assert broker.sent[0].delay == 0


async def test_what_the_queue_refuses_has_its_text_and_its_code() -> None:
    broker = Broker(ManualClock(), SeededEntropy(1))

    async def take(queue: str, messages: list[Message], metrics: dict[str, int]) -> Outcome:
        return Outcome()

    broker.consume("w", [Consumer("w", QueueConsumer("q"), take)])
    with pytest.raises(JsException, match=r"^Error: Message size out of bounds \(10204\)$"):
        await WorkerQueue(QueueProducer("Q", "q"), broker).send("x" * 128_000)
