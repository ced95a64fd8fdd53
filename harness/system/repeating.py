"""Whether a seed means one history: what runs in processes of its own does the same again in new ones."""

from collections.abc import Callable, Iterator
from itertools import zip_longest

from harness.migration import MigrationError
from harness.model.record import Record
from harness.system.stages import Stages


def check_repeats(stages: Stages, first: Record, again: Callable[[], Record]) -> None:
    """Raises MigrationError with the first difference between ``first`` and the same ``again`` in processes
    that are new. Where the Workers run in this process there is nothing to compare.
    """
    renewed = [stage.worker_code.renew() for stage in stages.all()]
    if not any(renewed):
        return
    for one, other in zip_longest(_history(first), _history(again()), fillvalue="nothing more"):
        if one != other:
            raise MigrationError(
                "this Worker is not deterministic here: one seed, run twice, gave two histories. The first "
                f"difference: {one}; the second time: {other}. Time and chance that it takes from Date, "
                "timers, Math.random, crypto.randomUUID and crypto.getRandomValues are the simulation's: "
                "what else does it ask?"
            )


def _history(record: Record) -> Iterator[str]:
    """Every KV operation, with what was written or found, every call of an object, and every answer."""
    for event in record.asked:
        value = "" if event.entry is None else f" {event.entry.value[:60]!r}"
        yield f"{event.invocation} {event.verb} {event.key}{value} at {event.at}"
    for one in record.called:
        yield f"{one.invocation} {one.label} at {one.at}: {one.error or one.answer}"
    for call in record.calls:
        yield f"{call.name} {call.method} {call.path} answered {call.status}: {str(call.answer)[:120]}"
