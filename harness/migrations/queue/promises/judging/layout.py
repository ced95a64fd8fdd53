"""What is stored where: G01 to G03, G14, G25, G29, G30."""

from typing import Final

from harness.migrations.queue.layout import NEW_LEASE, NEW_TASK, OLD_LEASE, OLD_TASK, PENDING
from harness.migrations.queue.promises.evidence import Evidence
from harness.migrations.queue.promises.promise import Judgement, broken, held, only_if
from harness.migrations.queue.promises.trials import Trial

# Two messages, one after the other, and then a claim.
_AT_WORK: Final = "conditions=local tasks=0 at_once=enqueue,enqueue,claim format={format}"
_HOUR: Final = 3600


def old_layout(evidence: Evidence) -> Judgement:
    """G01: the keys after two messages and a claim, with the old code."""
    trial = evidence.trials.play(_AT_WORK.format(format="old"))
    state = trial.record.final
    found = (
        len(state.old_tasks),
        len(state.old_leases),
        sorted(state.pending_ids) == sorted(state.old_tasks),
    )
    stored = _stored(trial, PENDING, OLD_TASK, OLD_LEASE)
    return (held if found == (2, 1, True) and not state.new_tasks else broken)(stored, trial.replays)


def new_layout(evidence: Evidence) -> Judgement:
    """G02: the same with the new code."""
    trial = evidence.trials.play(_AT_WORK.format(format="new"))
    state = trial.record.final
    found = (len(state.new_tasks), len(state.new_leases), PENDING in state.entries)
    stored = _stored(trial, PENDING, NEW_TASK, NEW_LEASE)
    return (held if found == (2, 1, False) and not state.old_tasks else broken)(stored, trial.replays)


def _stored(trial: Trial, *prefixes: str) -> str:
    keys = trial.record.final.entries
    counted = ", ".join(f"{sum(key.startswith(one) for key in keys)} {one}" for one in prefixes)
    return f"after two messages and a claim there are: {counted}"


def contention(evidence: Evidence) -> Judgement:
    """G03: who writes the pending list, of two claims and of two messages at once."""
    claims = evidence.trials.play("conditions=local tasks=2 at_once=claim,claim format=old")
    messages = evidence.trials.play("conditions=local tasks=0 at_once=enqueue,enqueue format=old")
    by_claims, by_messages = _list_writes(claims), _list_writes(messages)
    said = f"two claims write the pending list {by_claims} times, two messages {by_messages} times"
    if by_claims:
        return held(said, claims.replays)
    if by_messages:
        return only_if("tasks arrive or are completed: a claim only reads the list", said, messages.replays)
    return broken(said, claims.replays)


def _list_writes(trial: Trial) -> int:
    return sum(event.key == PENDING for event in trial.record.writes)


def reads_the_list(evidence: Evidence) -> Judgement:
    """G14: whether a run on the sample reads the list."""
    trial = evidence.sample
    read = [event for run in trial.record.runs for event in trial.operations(run) if event.key == PENDING]
    found = any(event.verb in ("get", "get_many") and event.entry is not None for event in read)
    said = f"the run reads {PENDING} {sum(event.verb == 'get' for event in read)} times"
    return (held if found else broken)(said, trial.replays)


def one_way(evidence: Evidence) -> Judgement:
    """G25: what either code lists of a namespace that was not migrated."""
    answers = evidence.run(evidence.manual.one_way())
    old, new = (len(answers[name].member("pending") or []) for name in ("old", "new"))
    said = f"over a namespace that is not migrated the old code lists {old} tasks, the new code {new}"
    return (held if old and not new else broken)(said)


def single_put(evidence: Evidence) -> Judgement:
    """G29: what a message puts."""
    trial = evidence.trials.play("conditions=local tasks=0 at_once=enqueue format=new")
    puts = [event for event in trial.operations(trial.first) if event.verb == "put"]
    lives = [
        event.entry.expiration - event.at // 1000
        for event in puts
        if event.entry is not None and event.entry.expiration is not None
    ]
    # An expiration is a whole second, which may be the one before.
    right = len(puts) == 1 and puts[0].key.startswith(NEW_TASK) and _HOUR - 1 <= sum(lives) <= _HOUR
    said = f"a message puts {', '.join(event.key for event in puts)}, to live {sum(lives):,} s"
    return (held if right else broken)(said, trial.replays)


def list_then_claim(evidence: Evidence) -> Judgement:
    """G30: what a claim asks, in order."""
    trial = evidence.trials.play("conditions=local tasks=3 at_once=claim format=new")
    asked = trial.operations(trial.first)
    scans = [event.index for event in asked if event.verb == "scan" and event.key == NEW_TASK]
    leases = [event.index for event in asked if event.verb == "put" and event.key.startswith(NEW_LEASE)]
    right = bool(scans) and bool(leases) and scans[0] < leases[0]
    said = "a claim asks: " + ", ".join(f"{event.verb} {_short(event.key)}" for event in asked[:4])
    return (held if right else broken)(said, trial.replays)


def _short(key: str) -> str:
    first, *rest = key.split(",")
    return f"{first} and {len(rest)} more" if rest else first
