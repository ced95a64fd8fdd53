"""Queues in a configuration: ``[[queues.producers]]`` and ``[[queues.consumers]]``."""

from typing import Any, Final

from worker.config.fields.scope import Scope
from worker.config.fields.tables import REMOTE, Kind, Member, entry, should
from worker.config.javascript import JSON, members, shown
from worker.config.model import QueueConsumer, QueueProducer


def producers(fields: dict[str, JSON]) -> tuple[QueueProducer, ...]:
    """The producers of a configuration that passed its checks; one that names no queue has its own name."""
    return tuple(
        QueueProducer(
            str(one["binding"]), str(one.get("queue", one["binding"])), one.get("delivery_delay", 0)
        )
        for one in _listed(fields, "producers")
    )


def consumers(fields: dict[str, JSON]) -> tuple[QueueConsumer, ...]:
    """The consumers of a configuration that passed its checks."""
    return tuple(_consumer_of(one) for one in _listed(fields, "consumers"))


def _consumer_of(one: dict[str, Any]) -> QueueConsumer:
    numbers = ("max_batch_size", "max_batch_timeout", "max_retries", "retry_delay")
    given = {name: one[name] for name in (*numbers, "dead_letter_queue") if one.get(name) is not None}
    return QueueConsumer(str(one["queue"]), **given)


def _listed(fields: dict[str, JSON], name: str) -> list[dict[str, Any]]:
    return [members(one) for one in members(members(fields.get("queues")).get(name)).values()]


_OPTIONS: Final[tuple[tuple[Kind, str], ...]] = (
    ("string", "type"),
    ("number", "max_batch_size"),
    ("number", "max_batch_timeout"),
    ("number", "max_retries"),
    ("string", "dead_letter_queue"),
    ("number", "max_concurrency"),
    ("number", "visibility_timeout_ms"),
    ("number", "retry_delay"),
)


def _consumer_type(scope: Scope, path: str, value: JSON) -> None:
    kind = members(value).get("type", "worker")
    if kind != "worker":
        scope.error(
            f'"{path}.type" has an invalid value "{kind}". Only "worker" consumers can be configured in your '
            "Wrangler configuration."
        )


_consumer: Final = entry(
    '"{path}" should be a objects, but got',
    Member("queue", 'should have a string "queue"', required=True, also=_consumer_type),
    *(Member(name, f'should, optionally, have a {kind} "{name}"', kind) for kind, name in _OPTIONS),
)
_producer: Final = entry(
    '"queue" bindings should be objects, but got',
    should("binding"),
    Member("queue", 'bindings should optionally have a non-empty string "queue"', filled=True),
    Member("delivery_delay", 'should, optionally, have a number "delivery_delay"', "number"),
    REMOTE,
    unknown="decisive",
)


def queues(scope: Scope, field: str, value: JSON) -> None:
    path, given = scope.path(field), scope.object(field, value, frozenset({"consumers", "producers"}))
    if given is None:
        return
    for name, check in (("consumers", _consumer), ("producers", _producer)):
        listed = given.get(name, [])
        if not isinstance(listed, list):
            scope.error(f'The field "{path}.{name}" should be an array but got {shown(listed)}.')
            continue
        for index, one in enumerate(listed):
            check(scope, f"{path}.{name}[{index}]", one)
