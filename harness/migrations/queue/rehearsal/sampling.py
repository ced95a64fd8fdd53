"""A sample of a queue: entries that stand for all of it, with whatever belongs to the same tasks.

Entries of a queue name each other: a lease stands for a task, the pending list names all of them. So of a
task that was chosen everything comes along, and the list names those tasks, and a few of the ids without one.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from harness import Bill, Forecast, Sample, Sampler, Source, Stratum, shares
from harness.migrations.queue.layout import (
    NEW_LEASE,
    NEW_TASK,
    NOTES,
    OLD_LEASE,
    OLD_TASK,
    PENDING,
    QUARANTINE,
    RESULT,
)
from harness.migrations.queue.simulation.record import Record
from harness.migrations.queue.state import BROKEN, QueueState, parsed
from kvstore import Entry
from kvstore.javascript.json_text import stringify
from kvstore.layers.billing import billed

_OF_A_TASK = (OLD_TASK, NEW_TASK, OLD_LEASE, NEW_LEASE, RESULT, QUARANTINE)
# So many of the list's items that name no task come along.
_MOST_DANGLING = 5
_NAMESPACE = "CACHE"


@dataclass(frozen=True)
class QueueSample:
    """A ``source`` with fewer entries, chosen of those of ``whole``, and the ``sample`` that says which."""

    source: Source
    whole: "_Kinds"
    sample: Sample

    def forecast(self, record: Record) -> Forecast | None:
        """What all entries will take, by a walk through the sample; None where it did not come to an end."""
        runs, entries = record.runs, record.start.entries
        if not runs or runs[-1].outcome != "ok":
            return None
        moves = [
            (stratum, (_NAMESPACE, key), [(_NAMESPACE, target) for target in _targets(key)])
            for key, entry in entries.items()
            if (stratum := self.whole.stratum_of((_NAMESPACE, key), entry)) is not None
        ]
        asked = [
            replace(event, namespace=_NAMESPACE)
            for run in runs
            for event in record.operations.get(run.name, ())
        ]
        bill = Bill(len(moves), len(runs), billed(asked), done=True, strata=shares(moves, asked))
        return Forecast(self.sample.strata, bill) if moves else None

    def unmet(self, record: Record) -> list[str]:
        """What a walk through fewer entries cannot say: a request that takes all of them has a budget."""
        allowed = record.scenario.platform.allowance.operations
        forecast = self.forecast(record)
        if allowed is None or forecast is None or len(record.runs) > 1:
            return []
        operations = record.runs[0].operations * forecast.entries // forecast.bill.entries
        if operations <= allowed:
            return []
        return [
            f"one request moves all entries: {forecast.entries:,} of them take some {operations:,} KV "
            f"operations, and {allowed:,} are allowed. Rehearse without --sample"
        ]


@dataclass(frozen=True)
class _Kinds:
    """What the entries of a whole queue are, each beside the others."""

    state: QueueState

    @cached_property
    def listed(self) -> Counter[str]:
        """How often the pending list names each task."""
        return Counter(self.state.pending_ids)

    def stratum_of(self, place: tuple[str, str], entry: Entry) -> Stratum | None:
        """What an entry costs the same as; None for one that the migration leaves where it is."""
        key, state = place[1], self.state
        if key == PENDING:
            return Stratum(_NAMESPACE, PENDING, 0)
        if key.startswith(OLD_LEASE):
            task = key.removeprefix(OLD_LEASE)
            return Stratum(_NAMESPACE, OLD_LEASE, 1, "of a task" if task in state.tasks else "without a task")
        if not key.startswith(OLD_TASK):
            return None
        task = key.removeprefix(OLD_TASK)
        count = self.listed[task]
        traits = ["listed" if count == 1 else f"listed {count:,} times" if count else "not listed"]
        traits += ["copied already"] if task in state.new_tasks else []
        traits += ["leased"] if task in state.old_leases or task in state.new_leases else []
        traits += ["completed"] if task in state.results else []
        return Stratum(_NAMESPACE, OLD_TASK, -1 if parsed(entry) is BROKEN else 1, ", ".join(traits))


def sampled(source: Source, most: int, now: int) -> QueueSample:
    """About ``most`` entries of a queue as of ``now`` (ms): some of every kind, and those that are rare."""
    entries = source.namespace.entries
    whole = _Kinds(QueueState(entries))
    sampler = Sampler(whole.stratum_of, most, now)
    for key, entry in entries.items():
        sampler.add((_NAMESPACE, key), entry)
    found = sampler.sample()
    tasks = {task for _, key in found.entries if (task := _task_of(key)) is not None}
    chosen = {key: entries[key] for _, key in found.entries}
    chosen |= {key: one for task in tasks for key, one in _belonging(entries, task)}
    chosen |= {key: one for key, one in entries.items() if key.startswith(NOTES)}
    if (pending := entries.get(PENDING)) is not None:
        chosen[PENDING] = _naming(pending, tasks, whole.state)
    chosen = dict(sorted(chosen.items()))
    namespace = replace(source.namespace, entries=chosen)
    sample = replace(found, entries={(_NAMESPACE, key): entry for key, entry in chosen.items()})
    return QueueSample(replace(source, namespace=namespace), whole, sample)


def _task_of(key: str) -> str | None:
    """The task that an entry belongs to; None for one of no task."""
    return next((key.removeprefix(one) for one in _OF_A_TASK if key.startswith(one)), None)


def _belonging(entries: Mapping[str, Entry], task: str) -> Iterator[tuple[str, Entry]]:
    return ((key, entries[key]) for prefix in _OF_A_TASK if (key := prefix + task) in entries)


def _targets(key: str) -> list[str]:
    """Where the migration may put an entry."""
    task = _task_of(key)
    if key.startswith(OLD_TASK):
        return [f"{NEW_TASK}{task}", f"{QUARANTINE}{task}"]
    return [f"{NEW_LEASE}{task}"] if key.startswith(OLD_LEASE) else []


def _naming(pending: Entry, tasks: set[str], state: QueueState) -> Entry:
    """The list with those tasks alone, in its order, and with some of what names none."""
    if not state.has_pending_array:
        return pending
    dangling = set(state.dangling[:_MOST_DANGLING])
    others = [item for item in state.pending if not isinstance(item, str)][:_MOST_DANGLING]
    named = [one for one in state.pending_ids if one in tasks or one in dangling]
    return pending._replace(value=str(stringify([*named, *others])).encode())
