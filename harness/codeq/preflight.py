"""The look before the leap: inventory, classification, what the server can do, and reasons to refuse.

Only reads, so it is also the dry run.
"""

from dataclasses import dataclass
from typing import Any

from harness.codeq.capability import Capability, capability
from harness.codeq.legacy_state import PREFIX, LegacyState, classify
from harness.codeq.plan import COPY, RENAME, Plan, collisions, plan_of
from harness.codeq.snapshot import Snapshot, keys_under, read_snapshot
from harness.verdict import agree
from kvstore.clock import Clock
from worker.codeq import Server
from worker.codeq.keys import CODEQ

# What codeQ would do to the ids of a class, as measured on the real service: these stop a migration.
HARMFUL = {
    "orphan": "{n} queued id{s} without a task: codeQ drops {their} id at the first claim (H8)",
    "unparseable": "{n} task{s} that codeQ cannot read: a claim removes the id from its queue for ever (H10)",
    "misfiled": "{n} task{s} stored under another id than {their} own",
    "duplicate": "{n} id{s} repeated in a list: the task runs again once it was completed (H6)",
    "in both lists": "{n} id{s} both pending and in progress (H7)",
    "lost from its queue": "{n} unfinished task{s} in no queue: nobody will ever work on {their} id",
    "finished but queued": "{n} finished task{s} still in a queue: codeQ hands it out again (H5)",
    "in a foreign queue": "{n} id{s} in the queue of another command than the task's own",
}
# What happens by the guide's mapping and is worth knowing.
NOTABLE = {
    "in progress without lease": "{n} in progress without a lease: retried at once, attempts +1 (H4)",
    "lease without work": "{n} lease{s} of nothing that is in progress",
    "no retention": "{n} task{s} without a retention score: cleanup never finds {their} record",
    "retention without task": "{n} retention score{s} without a task",
    "priority": "{n} pending task{s} with a priority, all in tier 0 afterwards (H9)",
}


@dataclass(frozen=True)
class Preflight:
    """What was found, and what would be done. ``refusals`` empty: it may start."""

    server: str
    capability: Capability
    state: LegacyState
    classes: dict[str, list[str]]
    plan: Plan
    refusals: tuple[str, ...]

    @property
    def notes(self) -> list[str]:
        """Sentences about what is not refused and still matters."""
        notes = [
            agree(text, len(self.classes[name])) for name, text in NOTABLE.items() if name in self.classes
        ]
        odd = sorted(command for command in self.state.queues if command != command.lower())
        if odd:
            notes.append(
                f"commands that become lower case, or codeQ never finds them (H14): {', '.join(odd)}"
            )
        if not self.capability.bare_noscript:
            notes.append("codeQ's claims answer 500 here until its script is loaded; the last step does that")
        if not self.capability.rename:
            notes.append("no RENAMENX on this server, so everything is copied and legacy: stays")
        return notes

    def as_json(self) -> dict[str, Any]:
        return {
            "server": self.server,
            "plan": self.plan.as_json(),
            "classes": self.classes,
            "notes": self.notes,
            "refusals": list(self.refusals),
        }


async def preflight(server: Server, *, keep_source: bool = False, accept_defects: bool = False) -> Preflight:
    """Looks at the keyspace on ``server``. Raises ServerError."""
    able = await capability(server)
    state = LegacyState(await read_snapshot(server, PREFIX))
    classes = classify(state)
    plan = plan_of(state, COPY if keep_source or not able.rename else RENAME)
    reasons = await _reasons(server, able, state, plan)
    if not accept_defects:
        found = [agree(text, len(classes[name])) for name, text in HARMFUL.items() if name in classes]
        reasons += [f"{text}; repair it, or accept it with --accept-defects" for text in found]
    return Preflight(server.name, able, state, classes, plan, tuple(reasons))


async def _reasons(server: Server, able: Capability, state: LegacyState, plan: Plan) -> list[str]:
    """What no flag accepts."""
    reasons = []
    if able.cluster:
        reasons.append("this is a cluster, where codeQ's claim fails with CROSSSLOT")
    present = await keys_under(server, CODEQ)
    if present:
        reasons.append(
            f"{len(present):,} codeq: keys exist and no journal says that a migration made them, "
            f"the first is {present[0]}: is codeQ already running, or was this half migrated by hand?"
        )
    if not state.snapshot.entries:
        reasons.append(f"no {PREFIX} keys here: the wrong server, or the wrong database number?")
    reasons += state.unexpected
    reasons += collisions(plan)
    return reasons


async def frozen(server: Server, clock: Clock, seconds: float, inventory: Snapshot) -> list[str]:
    """Proof that nobody writes: a second inventory after ``seconds``. The keys that changed since the first.

    A lease that ran out meanwhile is no write.
    """
    before = inventory.contents()
    await clock.sleep(seconds)
    after = (await read_snapshot(server, inventory.prefix)).contents()
    changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    expired = {key for key in changed if key not in after and before[key][0] == "string"}
    return sorted(changed - expired)
