"""Reads the body of ``POST /tasks``."""

from worker.codeq.documents import Fields, Moment, Timeline
from worker.codeq.errors import DocumentError, Refusal
from worker.codeq.service.creation import Order
from worker.codeq.settings import Settings
from worker.codeq.web import is_web_address


def order(body: Fields, timeline: Timeline, settings: Settings) -> Order:
    """What is ordered. Raises Refusal 400 with what is wrong."""
    command, payload = body.string("command"), body.value("payload")
    priority, attempts = body.integer("priority"), body.integer("maxAttempts")
    webhook, key = body.string("webhook"), body.string("idempotencyKey")
    run_at, delay = body.string("runAt"), body.integer("delaySeconds")
    if not command or payload is None:
        raise Refusal(400, "invalid body")
    if not command.strip():
        raise Refusal(400, "invalid command")
    if webhook and not is_web_address(webhook):
        raise Refusal(400, "invalid webhook url")
    return Order(
        command=command,
        payload=payload,
        priority=priority,
        webhook=webhook,
        max_attempts=attempts if attempts > 0 else settings.max_attempts_default,
        idempotency_key=key if key.strip() else "",
        visible_at=_visible_at(run_at, delay, timeline),
    )


def _visible_at(run_at: str, delay: int, timeline: Timeline) -> int:
    """In epoch seconds; ``runAt`` wins over ``delaySeconds``."""
    if run_at:
        try:
            return Moment.parse(run_at).seconds
        except DocumentError as error:
            raise Refusal(400, "invalid 'runAt' (use RFC3339)") from error
    if delay < 0:
        raise Refusal(400, "invalid 'delaySeconds' (must be >= 0)")
    return timeline.epoch() + delay
