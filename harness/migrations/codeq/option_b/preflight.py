"""What the dry run shows: inventory, classification, what the server can do, and reasons to refuse.

Only reads, so it is also the dry run.
"""

from contextlib import closing
from dataclasses import dataclass
from typing import Any

from harness.migrations.codeq import legacy_state as legacy
from harness.migrations.codeq.option_b.claim_script import HOW, NEEDED, is_missing
from harness.migrations.codeq.option_b.ledger import SAMPLES, STRANGERS, Group, Ledger
from harness.migrations.codeq.option_b.plan import BY_DEFAULT, Settings, declared, is_split, summary
from harness.migrations.redis.keyspace.capability import Capability, capability
from harness.migrations.redis.keyspace.fingerprint import Fingerprint
from harness.migrations.redis.keyspace.pieces import scan
from harness.migrations.redis.mapping.inventory import Inventory, InventoryReader
from harness.migrations.redis.mapping.plan import COPY, RENAME, Plan
from harness.model.verdict import agree
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
    "in a foreign queue": "{n} id{s} in the queue of another command than the task's own: codeQ hands "
    "{them} out for ever, completed or not",
}
# What happens by the guide's mapping and is worth knowing.
NOTABLE = {
    "in progress without lease": "{n} task{s} in progress without a lease: claims give {them} up, 200 at a "
    "time (H13), and {they} {are} handed out again with an attempt more (H4)",
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

    ``found`` is for the proof that nothing changed since; ``claims_fail``: codeQ's claims will answer 500 on
    this server, for want of its script.
    """

    server: str
    capability: Capability
    commands: tuple[str, ...]
    classes: dict[str, Group]
    plan: Plan
    claims_fail: bool
    refusals: tuple[str, ...]
    found: Fingerprint

    @property
    def notes(self) -> list[str]:
        """Sentences about what is not refused and still matters."""
        if not self.plan.steps:
            return []
        notable = NOTABLE if is_split(self.plan) else {**NOTABLE, "priority": _PRIORITY}
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
            "plan": summary(self.plan),
            "classes": {name: group.as_json() for name, group in self.classes.items()},
            "notes": self.notes,
            "refusals": list(self.refusals),
        }


async def preflight(server: Server, clock: Clock, settings: Settings = BY_DEFAULT) -> Preflight:
    """Looks at the keyspace, which is to be moved as ``settings`` say. Raises ServerError."""
    able, guide = await capability(server), declared(split=settings.split)
    if able.obstacles:
        nothing = Plan(RENAME, guide.digest, ())
        return Preflight(server.name, able, (), {}, nothing, False, tuple(able.obstacles), Fingerprint())
    claims_fail = not settings.claim_script and await is_missing(server, able)
    mode = COPY if settings.keep_source or able.no_rename else RENAME
    with closing(Ledger()) as ledger:
        inventory = await InventoryReader(guide, server, server, clock).run(mode, ledger.add)
        ledger.settle()
        classes = ledger.classes(settings.workers, None if settings.every_id else SAMPLES)
        commands = tuple(sorted({legacy.queue_of(key)[0] for key in ledger.queues}))
        reasons = await _reasons(server, inventory) + ledger.unexpected
    if not settings.accept_defects:
        reasons += [
            f"{agree(text, classes[name].count)}: {classes[name]}; repair, or accept with --accept-defects"
            for name, text in HARMFUL.items()
            if name in classes
        ]
    plan = _plan(inventory)
    return Preflight(
        server.name, able, commands, classes, plan, claims_fail, tuple(reasons), inventory.before
    )


def _plan(inventory: Inventory) -> Plan:
    """Leases without an end are not copied: codeQ takes them for expired (H4, H21)."""
    found = inventory.plan
    steps = tuple(
        step
        for step in found.steps
        if found.mode != COPY or step.ends >= 0 or not step.source.startswith(legacy.LEASE)
    )
    return Plan(found.mode, found.digest, steps)


async def _reasons(server: Server, inventory: Inventory) -> list[str]:
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
    before = inventory.before
    if not before.structures and not before.strings:
        reasons.append(f"no {legacy.PREFIX} keys here: the wrong server, or the wrong database number?")
    found = (inventory.found[code] for code in ("collision", "unfilled"))
    return reasons + [str(one) for one in found if one.names]
