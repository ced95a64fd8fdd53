"""What a handler ``queue`` says of a batch: the first word counts, measured with workerd 1.20260426."""

from collections.abc import Callable

import pytest

from worker.messaging import Message
from worker.messaging.batch import MessageBatch
from worker.messaging.outcome import Outcome


def vain(late: str, early: str) -> str:
    one = late in ("retry", "ack")
    what = f"{late}() on a message" if one else f"{late}()"
    return (
        f"Received a call to {late}(){' on message m1' if one else ''} after {early}() was already called. "
        f"Calling {what} after calling {early}() has no effect."
    )


def batch(warnings: list[str]) -> MessageBatch:
    messages = [Message(name, 5, "text", name.encode()) for name in ("m1", "m2")]
    return MessageBatch("q", messages, {"backlogCount": 0, "backlogBytes": 0}, warnings.append)


Said = list[Callable[[MessageBatch], None]]
SAID: list[tuple[str, Said, Outcome, str]] = [
    ("nothing", [], Outcome(acks=set()), ""),
    ("ack", [lambda b: b.messages[0].ack()], Outcome(acks={"m1"}), ""),
    ("retry", [lambda b: b.messages[0].retry()], Outcome(acks=set(), retries={"m1": None}), ""),
    (
        "retry later",
        [lambda b: b.messages[0].retry({"delaySeconds": 9})],
        Outcome(acks=set(), retries={"m1": 9}),
        "",
    ),
    (
        "ack, retry",
        [lambda b: b.messages[0].ack(), lambda b: b.messages[0].retry()],
        Outcome(acks={"m1"}),
        vain("retry", "ack"),
    ),
    (
        "retry, ack",
        [lambda b: b.messages[0].retry(), lambda b: b.messages[0].ack()],
        Outcome(acks=set(), retries={"m1": None}),
        vain("ack", "retry"),
    ),
    (
        "ackAll, retry",
        [lambda b: b.ackAll(), lambda b: b.messages[0].retry()],
        Outcome(acks=set()),
        vain("retry", "ackAll"),
    ),
    (
        "retryAll, ack",
        [lambda b: b.retryAll(), lambda b: b.messages[0].ack()],
        Outcome(acks=set(), retry_all=True),
        vain("ack", "retryAll"),
    ),
    (
        "retryAll, ackAll",
        [lambda b: b.retryAll({"delaySeconds": 3}), lambda b: b.ackAll()],
        Outcome(acks=set(), retry_all=True, delay=3),
        vain("ackAll", "retryAll"),
    ),
    (
        "retry, ackAll",
        [lambda b: b.messages[0].retry(), lambda b: b.ackAll()],
        Outcome(acks=set(), retries={"m1": None}),
        "",
    ),
]


@pytest.mark.parametrize(
    ("said", "outcome", "warning"), [one[1:] for one in SAID], ids=[one[0] for one in SAID]
)
def test_the_first_word_counts(said: Said, outcome: Outcome, warning: str) -> None:
    warnings: list[str] = []
    made = batch(warnings)
    for one in said:
        one(made)
    assert made.js_outcome(ok=True) == outcome
    assert warnings == ([warning] if warning else [])


def test_a_word_for_one_message_counts_before_one_for_the_batch() -> None:
    made = batch([])
    made.messages[0].ack()
    made.retryAll()
    outcome = made.js_outcome(ok=True)
    assert [outcome.again(one.id) for one in made.messages] == [False, True]
