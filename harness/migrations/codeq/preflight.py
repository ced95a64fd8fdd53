"""The look before the leap: inventory, classification, what the server can do, and reasons to refuse.

Only reads, so it is also the dry run.
"""

from contextlib import closing
from dataclasses import dataclass
from typing import Any

from harness.migrations.codeq import legacy_state as legacy
from harness.migrations.codeq.claim_script import HOW, NEEDED, is_missing
from harness.migrations.codeq.ledger import SAMPLES, STRANGERS, Group, Ledger
from harness.migrations.codeq.plan import COPY, RENAME, Plan, collisions, plan_of
from harness.migrations.redis.keyspace.capability import Capability, capability
from harness.migrations.redis.keyspace.fingerprint import Fingerprint, fingerprint
from harness.migrations.redis.keyspace.pieces import scan
from harness.verdict import agree
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
    "in a foreign queue": "{n} id{s} in the queue of another command than the task's own: codeQ hands "
    "{them} out for ever, completed or not",
}
# What happens by the guide's mapping and is worth knowing.
NOTABLE = {
    "in progress without lease": "{n} in progress, no lease: retried, 200 a claim (H13), attempts + 1 (H4)",
    "lease without work": "{n} lease{s} of nothing that is in progress",
    "no retention": "{n} task{s} without a retention score: cleanup never finds {their} record",
    "retention without task": "{n} retention score{s} without a task",
    "retention in milliseconds": "{n} retention score{s} in milliseconds, where codeQ counts "
    "seconds: its cleanup never comes to {their} task (H17)",
    STRANGERS: "{n} task{s} held under a name that no worker's token carries: 403 until the lease ends (H11)",
}


_PRIORITY = "{n} pending task{s} with a priority, all in tier 0 afterwards (H9); --tiers spreads them"


@dataclass(frozen=True)
class Preflight:
    """What was found, and what would be done. ``refusals`` empty: it may start.

    ``found`` is for the proof that nothing changed since; ``split``: pending tasks are spread over tiers;
    ``claims_fail``: codeQ's claims will answer 500 on this server, for want of its script.
    """

    server: str
    capability: Capability
    commands: tuple[str, ...]
    classes: dict[str, Group]
    plan: Plan
    split: bool
    claims_fail: bool
    refusals: tuple[str, ...]
    found: Fingerprint

    @property
    def notes(self) -> list[str]:
        """Sentences about what is not refused and still matters."""
        if not self.plan.steps:
            return []
        notable = NOTABLE if self.split else {**NOTABLE, "priority": _PRIORITY}
        notes = [
            f"{agree(text, self.classes[name].count)}: {self.classes[name]}"
            for name, text in notable.items()
            if name in self.classes
        ]
        odd = [command for command in self.commands if command != command.lower()]
        if odd:
            notes.append(
                f"commands that become lower case, or codeQ never finds them (H14): {', '.join(odd)}"
            )
        notes.append("attempts begin at 0 and end at 5: three deliveries, then the dead letters (H22)")
        if self.claims_fail:
            notes.append(f"{NEEDED}: {HOW}")
        if self.capability.no_rename:
            notes.append(
                f"RENAMENX cannot be used ({self.capability.no_rename}): everything is copied, legacy: stays"
            )
        if self.capability.evicts:
            notes.append(
                f"when memory is short this server drops keys ({self.capability.evicts}), tasks too: "
                "CONFIG SET maxmemory-policy noeviction first"
            )
        return notes

    def as_json(self) -> dict[str, Any]:
        return {
            "server": self.server,
            "plan": self.plan.as_json(),
            "classes": {name: group.as_json() for name, group in self.classes.items()},
            "notes": self.notes,
            "refusals": list(self.refusals),
        }


async def preflight(
    server: Server,
    *,
    keep_source: bool = False,
    accept_defects: bool = False,
    split: bool = False,
    workers: frozenset[str] | None = None,
    script_given: bool = False,
    every_id: bool = False,
) -> Preflight:
    """Looks at the keyspace; ``workers`` are the subs of workers' tokens. Raises ServerError.

    ``script_given``: codeQ's claim script will be loaded at the end. ``every_id``: all ids of each class are
    kept, not only the first.
    """
    able = await capability(server)
    if able.obstacles:
        nothing = Plan(RENAME, ())
        return Preflight(
            server.name, able, (), {}, nothing, split, False, tuple(able.obstacles), Fingerprint()
        )
    claims_fail = not script_given and await is_missing(server, able)
    with closing(Ledger()) as ledger:
        found = await fingerprint(server, legacy.PREFIX, ledger.add)
        ledger.settle()
        classes = ledger.classes(workers, None if every_id else SAMPLES)
        plan = plan_of(ledger, COPY if keep_source or able.no_rename else RENAME, split=split)
        commands = tuple(sorted({legacy.queue_of(key)[0] for key in ledger.lengths}))
        reasons = await _reasons(server, found, plan) + ledger.unexpected
    if not accept_defects:
        reasons += [
            f"{agree(text, classes[name].count)}: {classes[name]}; repair, or accept with --accept-defects"
            for name, text in HARMFUL.items()
            if name in classes
        ]
    return Preflight(server.name, able, commands, classes, plan, split, claims_fail, tuple(reasons), found)


async def _reasons(server: Server, found: Fingerprint, plan: Plan) -> list[str]:
    """What no flag accepts, beside keys of an unknown name or type."""
    reasons = []
    count, first = 0, ""
    async for page in scan(server, CODEQ):
        count, first = count + len(page), min([first, *page] if first else page)
    if count:
        reasons.append(
            f"{count:,} codeq: keys exist and no journal says that a migration made them, "
            f"the first is {first}: is codeQ already running, or was this half migrated by hand?"
        )
    if not found.structures and not found.strings:
        reasons.append(f"no {legacy.PREFIX} keys here: the wrong server, or the wrong database number?")
    return reasons + collisions(plan)
