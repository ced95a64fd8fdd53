"""Queues: when a batch is delivered, and what becomes of what its handler did not do."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from kvstore import ManualClock, SeededEntropy
from kvstore.faults import InvocationCrashed
from worker.config import QueueConsumer
from worker.messaging import Broker, Consumer, Message, Outcome
from worker.messaging.limits import QueueConfigError, QueueError

pytestmark = pytest.mark.anyio
RULES = QueueConsumer("q", max_batch_size=2, max_retries=1)
FAILS = Outcome(ok=False)


class StoppedClock(ManualClock):
    """Nobody who waits wakes up."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.Event().wait()


class Place:
    """A broker, one consumer of ``q`` and one of ``dead``, and what they were given: bodies with attempts."""

    def __init__(
        self, rules: QueueConsumer = RULES, *outcomes: Outcome, clock: ManualClock | None = None
    ) -> None:
        self.warnings: list[str] = []
        self.clock = clock or ManualClock(1000)
        self.broker = Broker(self.clock, SeededEntropy(1), warn=self.warnings.append)
        self.given: list[Any] = []
        self._outcomes = list(outcomes)
        consumers = [
            Consumer("worker", rules, self._take),
            Consumer("worker", QueueConsumer("dead"), self._take),
        ]
        self.broker.consume("worker", consumers)

    async def _take(self, queue: str, messages: list[Message], metrics: dict[str, int]) -> Outcome:
        self.given.append((queue, [(one.body.decode(), one.failures + 1) for one in messages]))
        return self._outcomes.pop(0) if queue == "q" and self._outcomes else Outcome()

    def send(self, *bodies: str, delay: int = 0) -> list[str]:
        messages = [self.broker.message("text", body.encode(), delay) for body in bodies]
        self.broker.send("q", messages, batch=True)
        return [one.id for one in messages]

    async def settled(self) -> list[Any]:
        """What was given, once all that needs no time to pass has happened."""
        for _ in range(100):
            await asyncio.sleep(0)
        await self.broker.close()
        return self.given


async def test_a_full_batch_does_not_wait() -> None:
    place = Place(clock=StoppedClock())
    place.send("a", "b", "c")
    assert await place.settled() == [("q", [("a", 1), ("b", 1)])]


async def test_a_batch_that_is_not_full_waits_for_its_time() -> None:
    place = Place()
    place.send("a")
    assert await place.settled() == [("q", [("a", 1)])]
    assert place.clock.now_ms() == 2000


async def test_what_waits_is_delivered_when_a_consumer_is_back() -> None:
    place = Place()
    place.send("a")
    place.broker.consume("worker", [])
    assert await place.settled() == []
    place.broker.consume("worker", [Consumer("worker", RULES, place._take)])
    assert await place.settled() == [("q", [("a", 1)])]


async def test_a_delayed_message_is_delivered_after_its_delay() -> None:
    place = Place(replace(RULES, max_batch_timeout=0))
    place.send("later", delay=600)
    assert await place.settled() == [("q", [("later", 1)])]
    assert place.clock.now_ms() == 601_000


async def test_what_fails_is_tried_again_and_then_is_a_dead_letter_with_its_id() -> None:
    place = Place(replace(RULES, dead_letter_queue="dead"), FAILS, FAILS)
    place.send("a", "b")
    assert await place.settled() == [
        ("q", [("a", 1), ("b", 1)]),
        ("q", [("a", 2), ("b", 2)]),
        ("dead", [("a", 1), ("b", 1)]),
    ]
    assert 'to dead letter queue "dead" after 2 failed attempts' in place.warnings[0]


async def test_without_a_dead_letter_queue_it_is_dropped_in_words() -> None:
    place = Place(replace(RULES, max_retries=0), FAILS)
    [identity] = place.send("a")
    assert await place.settled() == [("q", [("a", 1)])]
    assert place.warnings == [f'Dropped message "{identity}" on queue "q" after 1 failed attempt!']


async def test_a_dead_letter_queue_without_a_consumer_is_said_to_lose_it() -> None:
    place = Place(replace(RULES, max_retries=0, dead_letter_queue="nowhere"), FAILS)
    place.send("a")
    await place.settled()
    assert "no Worker consumes here" in place.warnings[0]


async def test_what_was_acknowledged_does_not_come_again_when_the_batch_fails() -> None:
    place = Place()
    first, _ = place.send("a", "b")
    place._outcomes = [Outcome(ok=False, acks={first})]
    assert await place.settled() == [("q", [("a", 1), ("b", 1)]), ("q", [("b", 2)])]


async def test_a_single_message_is_tried_again_after_a_delay_of_its_own() -> None:
    place = Place(replace(RULES, retry_delay=5, max_batch_timeout=0))
    _, second = place.send("a", "b")
    place._outcomes = [Outcome(retries={second: 30})]
    assert await place.settled() == [("q", [("a", 1), ("b", 1)]), ("q", [("b", 2)])]
    assert place.clock.now_ms() == 31_000


@pytest.mark.parametrize(("asked", "seconds"), [(None, 5), (0, 0), (9, 9)])
async def test_a_batch_that_is_tried_again_waits_as_it_asks_or_as_the_consumer_says(
    asked: int | None, seconds: int
) -> None:
    place = Place(replace(RULES, retry_delay=5, max_batch_timeout=0), Outcome(retry_all=True, delay=asked))
    place.send("a", "b")
    assert len(await place.settled()) == 2
    assert place.clock.now_ms() in (
        1000 + seconds * 1000,
        1000 + 2 * seconds * 1000,
    )  # both wait in turn here


async def test_what_a_consumer_raises_fails_its_batch() -> None:
    place = Place(replace(RULES, max_retries=0))

    async def take(queue: str, messages: list[Message], metrics: dict[str, int]) -> Outcome:
        raise OSError("gone")

    place.broker.consume("worker", [Consumer("worker", replace(RULES, max_retries=0), take)])
    place.send("a")
    await place.settled()
    assert place.warnings[0] == 'A batch of queue "q" was not delivered: gone'
    assert place.warnings[1].startswith("Dropped message")


async def test_a_handler_that_is_cut_off_gets_its_batch_again() -> None:
    place = Place()
    take, cuts = place._take, [1]

    async def cut_off(queue: str, messages: list[Message], metrics: dict[str, int]) -> Outcome:
        if cuts:
            raise InvocationCrashed(f"cut off {cuts.pop()}")
        return await take(queue, messages, metrics)

    place.broker.consume("worker", [Consumer("worker", RULES, cut_off)])
    place.send("a")
    assert await place.settled() == [("q", [("a", 2)])]


async def test_what_waits_is_counted() -> None:
    place = Place(clock=StoppedClock(5))
    assert place.broker.metrics("q") == {"backlogCount": 0, "backlogBytes": 0}
    place.send("abc")
    assert place.broker.metrics("q") == {"backlogCount": 1, "backlogBytes": 3, "oldestMessageTimestamp": 5}
    await place.settled()


@pytest.mark.parametrize(
    ("bodies", "delay", "code"),
    [
        ([b"x" * 128_001], 0, 10204),
        ([b"x" * 100_000] * 3, 0, 10205),
        ([b"x"] * 101, 0, 10206),
        ([b"x"], 86_401, 10203),
        ([b"x"], -1, 10203),
    ],
)
async def test_what_is_too_much_is_refused_and_nothing_is_sent(
    bodies: list[bytes], delay: int, code: int
) -> None:
    place = Place()
    messages = [place.broker.message("bytes", body, delay) for body in bodies]
    with pytest.raises(QueueError, match=rf"\({code}\)$"):
        place.broker.send("q", messages, batch=True)
    assert await place.settled() == []


async def test_the_largest_message_delay_and_batch_are_taken() -> None:
    broker = Place(clock=StoppedClock()).broker
    broker.send("q", [broker.message("bytes", b"x" * 128_000, 86_400)])
    broker.send("q", [broker.message("bytes", b"x" * 2_560) for _ in range(100)], batch=True)
    await broker.close()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"max_batch_size": 0}, "max_batch_size = 0, which must be a number from 1 to 100"),
        ({"max_batch_size": 101}, "max_batch_size = 101"),
        ({"max_batch_timeout": 61}, "max_batch_timeout = 61, which must be a number from 0 to 60"),
        ({"max_retries": 101}, "max_retries = 101"),
        ({"retry_delay": 86_401}, "retry_delay = 86401, which must be a number from 0 to 86400"),
        ({"dead_letter_queue": "q"}, 'Dead letter queue for queue "q" cannot be itself'),
    ],
)
async def test_a_consumer_that_cannot_be_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(QueueConfigError, match=said):
        Place(replace(RULES, **changes))


async def test_a_queue_has_one_consumer() -> None:
    place = Place()
    with pytest.raises(QueueConfigError, match='Multiple consumers defined for queue "q": "worker" and "b"'):
        place.broker.consume("b", [Consumer("b", RULES, place._take)])
