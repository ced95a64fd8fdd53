"""The queues of the Workers that run side by side: which messages wait, and when a batch is delivered."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any

from kvstore.clock import Clock, SystemClock, stopwatch
from kvstore.entropy import Entropy, SystemEntropy
from kvstore.faults import InvocationCrashed
from worker.config import QueueConsumer
from worker.messaging.limits import check_consumers, check_messages
from worker.messaging.message import Message
from worker.messaging.outcome import FAILED, Outcome

Metrics = dict[str, int]
Deliver = Callable[[str, list[Message], Metrics], Awaitable[Outcome]]
"""Hands the messages of a queue, by its name, to the handler of a Worker; what it raises fails the batch."""


class Consumer:
    """A Worker, by its name, that takes batches by the rules of its configuration."""

    def __init__(self, worker: str, rules: QueueConsumer, deliver: Deliver) -> None:
        self.worker = worker
        self.rules = rules
        self.deliver = deliver


class Broker:
    """All queues by their names. ``say`` gets a line for each batch, ``warn`` one for what is given up.

    Messages and batches wait in the time of ``clock``.
    """

    def __init__(
        self,
        clock: Clock | None = None,
        entropy: Entropy | None = None,
        say: Callable[[str], None] = lambda line: None,
        warn: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.clock = clock or SystemClock()
        self.say = say
        self.warn = warn
        self._entropy = entropy or SystemEntropy()
        self._consumers: dict[str, Consumer] = {}
        self._queues: dict[str, _Queue] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def consume(self, worker: str, consumers: Iterable[Consumer]) -> None:
        """From now on the Worker ``worker`` has these consumers, and no others.

        Raises QueueConfigError for one that another Worker has too, or that cannot be.
        """
        others = [one for one in self._consumers.values() if one.worker != worker]
        every = [*others, *consumers]
        check_consumers((one.worker, one.rules) for one in every)
        self._consumers = {one.rules.queue: one for one in every}
        for found in self._queues.values():
            found.wake()

    def consumer(self, queue: str) -> Consumer | None:
        return self._consumers.get(queue)

    def message(self, content_type: str, body: bytes, delay: int = 0) -> Message:
        """A new message, of now."""
        return Message(self._entropy.token(16).hex(), self.clock.now_ms(), content_type, body, delay)

    def send(self, queue: str, messages: list[Message], *, batch: bool = False) -> Metrics:
        """Put messages into a queue, which drops them if it has no consumer. Returns what waited before.

        Raises QueueError for what the product refuses.
        """
        check_messages(messages, batch=batch)
        metrics = self.metrics(queue)
        self._put(queue, messages)
        return metrics

    def metrics(self, queue: str) -> Metrics:
        """What waits in a queue, without what is delayed or being delivered."""
        found = self._queues.get(queue)
        return _metrics([] if found is None else found.waiting)

    async def close(self) -> None:
        """Stop delivering."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _put(self, queue: str, messages: list[Message]) -> None:
        if queue not in self._consumers:
            return
        found = self._queues.setdefault(queue, _Queue(self, queue))
        for one in messages:
            if one.delay:
                self._spawn(self._later(found, one, one.delay))
            else:
                found.add(one)

    async def _later(self, queue: "_Queue", message: Message, seconds: float) -> None:
        await self.clock.sleep(seconds)
        queue.add(message)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _settle(self, queue: "_Queue", consumer: Consumer, batch: list[Message], outcome: Outcome) -> int:
        """Try again, move or drop what failed. The result is how many messages are done."""
        rules, done, dead = consumer.rules, 0, []
        attempts = rules.max_retries + 1
        for one in batch:
            if not outcome.again(one.id):
                done += 1
                continue
            one.failures += 1
            if one.failures < attempts:
                asked = outcome.retries.get(one.id)
                general = rules.retry_delay if outcome.delay is None else outcome.delay
                # Even without a delay it comes after what waits already.
                self._spawn(self._later(queue, one, general if asked is None else asked))
            else:
                dead.append(one)
                self.warn(_given_up(one, queue.name, rules, self))
        if dead and rules.dead_letter_queue is not None:
            moved = [Message(one.id, one.timestamp, one.content_type, one.body) for one in dead]
            self._put(rules.dead_letter_queue, moved)
        return done


class _Queue:
    """One queue with a consumer: one batch at a time, full, or as large as it is after its time-out."""

    def __init__(self, broker: Broker, name: str) -> None:
        self.name = name
        self.waiting: list[Message] = []
        self._broker = broker
        self._came = asyncio.Event()
        self._serving = False

    def add(self, message: Message) -> None:
        self.waiting.append(message)
        self._came.set()
        self.wake()

    def wake(self) -> None:
        """Deliver what waits: also when a consumer is back, or when its rules are others."""
        if self.waiting and not self._serving:
            self._serving = True
            self._broker._spawn(self._serve())

    async def _serve(self) -> None:
        try:
            while self.waiting and (consumer := self._broker.consumer(self.name)):
                await self._filled(consumer.rules)
                if present := self._broker.consumer(self.name):  # its Worker may be another one by now
                    await self._deliver(present)
        finally:
            self._serving = False

    async def _filled(self, rules: QueueConsumer) -> None:
        timeout = asyncio.ensure_future(self._broker.clock.sleep(rules.max_batch_timeout))
        try:
            while len(self.waiting) < rules.max_batch_size and not timeout.done():
                self._came.clear()
                came = asyncio.ensure_future(self._came.wait())
                await asyncio.wait({timeout, came}, return_when=asyncio.FIRST_COMPLETED)
                came.cancel()
        finally:
            timeout.cancel()

    async def _deliver(self, consumer: Consumer) -> None:
        size = consumer.rules.max_batch_size
        batch, self.waiting = self.waiting[:size], self.waiting[size:]
        start = stopwatch()
        try:
            outcome = await consumer.deliver(self.name, batch, _metrics(self.waiting))
        except (Exception, InvocationCrashed) as error:
            self._broker.warn(f'A batch of queue "{self.name}" was not delivered: {error}')
            outcome = FAILED
        took = round((stopwatch() - start) * 1000)
        done = self._broker._settle(self, consumer, batch, outcome)
        self._broker.say(f"QUEUE {self.name} {done}/{len(batch)} ({took}ms)")


def _metrics(waiting: list[Message]) -> Metrics:
    metrics = {"backlogCount": len(waiting), "backlogBytes": sum(len(one.body) for one in waiting)}
    return metrics | ({"oldestMessageTimestamp": waiting[0].timestamp} if waiting else {})


def _given_up(message: Message, queue: str, rules: QueueConsumer, broker: Broker) -> str:
    failed = f"after {message.failures} failed attempt{'' if message.failures == 1 else 's'}"
    dead = rules.dead_letter_queue
    if dead is None:
        return f'Dropped message "{message.id}" on queue "{queue}" {failed}!'
    gone = "" if broker.consumer(dead) else ", which no Worker consumes here: it is gone"
    return f'Moving message "{message.id}" on queue "{queue}" to dead letter queue "{dead}" {failed}{gone}...'
