"""The whole rehearsal: the old service at work, the freeze, the migration, codeQ, the checks, the traffic."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

from harness.migrations.codeq.checklist import check, inspect
from harness.migrations.codeq.legacy_state import PREFIX, LegacyState
from harness.migrations.codeq.option_b.migrator import Migrated, Migrator
from harness.migrations.codeq.option_b.plan import OURS, Settings
from harness.migrations.codeq.option_b.preflight import Preflight
from harness.migrations.codeq.rehearsal.cutover import cut_over
from harness.migrations.codeq.rehearsal.delivery import deliver, judge
from harness.migrations.codeq.rehearsal.drain import Drained, drain
from harness.migrations.codeq.rehearsal.literal import Attempt, literal, on_codeq
from harness.migrations.codeq.rehearsal.traffic import OldWorkers, work_a_little
from harness.migrations.codeq.services.local import Services
from harness.migrations.redis.keyspace.snapshot import Snapshot, read_snapshot, restore
from harness.migrations.redis.moving.move import OnProgress, silent
from harness.migrations.redis.rehearsal import emptied, refuse_unknown
from harness.model.course import Course, CourseNotes
from harness.model.decision import Decision
from harness.model.verdict import Verdict
from kvstore.clock import Clock, iso
from kvstore.entropy import Entropy
from worker.codeq import Server


@dataclass(frozen=True)
class Choices:
    """What to rehearse. ``freeze`` is how many seconds pass between the last request and the migration.

    ``most`` is how many tasks of each queue are claimed at the end; ``deadline`` is Option A's, in seconds.
    """

    option: str = "b"
    settings: Settings = field(default_factory=lambda: Settings(freeze_seconds=1))
    freeze: int = 0
    most: int = 1000
    deadline: int = 600


@dataclass
class Rehearsed:
    """A rehearsal of a source that was ``taken`` then, in epoch milliseconds, as far as it has come.

    Of Option A there is ``drained``, of Option B ``dry_run`` and ``migrated``. ``course`` is what was done,
    in its order.
    """

    server: str
    option: str
    taken: int
    keys: int
    tasks: int = 0
    attempts: list[Attempt] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    dry_run: Preflight | None = None
    migrated: Migrated | None = None
    drained: Drained | None = None
    course: Course | None = None

    @property
    def violated(self) -> list[Verdict]:
        return [one for one in self.verdicts if not one.held]

    @property
    def decision(self) -> Decision:
        """Each check says what it looked at; that it all was the rehearsal's own traffic is no GO."""
        own = "the source holds no legacy: key: what was migrated is the rehearsal's own traffic"
        return Decision([one.name for one in self.violated], None, [] if self.keys else [own])

    def as_json(self) -> dict[str, Any]:
        return {
            "migration": "codeq",
            "option": self.option,
            "server": self.server,
            "held": not self.violated,
            **self.decision.as_json(),
            "source": {"taken": iso(self.taken), "keys": self.keys, "tasks": self.tasks},
            "guideLiterally": [attempt.as_json() for attempt in self.attempts],
            "preflight": self.dry_run.as_json() if self.dry_run else None,
            "migrated": self.migrated.as_json() if self.migrated else None,
            "drained": self.drained.as_json() if self.drained else None,
            "notes": list(self.notes),
            "verdicts": [one.as_json() for one in self.verdicts],
        }


async def rehearse(
    server: Server,
    source: Snapshot,
    clock: Clock,
    entropy: Entropy,
    choices: Choices,
    on_progress: OnProgress = silent,
) -> Rehearsed:
    """Rehearses on ``server``, which must hold neither service's keys, and takes its own away at the end.

    ``clock`` is both services' time, and stands at the moment that ``source`` is from.

    Raises Refused, MigrationError, ServerError.
    """
    refuse_unknown(source)
    async with emptied(server, OURS), Services(server, clock, entropy) as services:
        done = Rehearsed(server.name, choices.option, source.taken, len(source.entries))
        walk = _Walk(services, source, choices, CourseNotes(on_progress), done, LegacyState(source))
        for who, step in (*_BEGINNING, *OPTIONS[choices.option]):
            if said := await step(walk):
                walk.noted.by(who)(said)
        return replace(done, course=Course(walk.noted.steps))


@dataclass
class _Walk:
    """What the steps of a rehearsal have in common; ``before`` is the source when it was frozen."""

    services: Services
    source: Snapshot
    choices: Choices
    noted: CourseNotes
    done: Rehearsed
    before: LegacyState

    @property
    def server(self) -> Server:
        return self.services.server


async def _fill(walk: _Walk) -> str:
    walk.done.attempts = [*await literal(walk.server), *await on_codeq(walk.services)]
    await restore(walk.server, walk.source.pieces())
    return f"{walk.done.keys:,} legacy keys on {walk.server.name}"


async def _old_traffic(walk: _Walk) -> str:
    requests = await work_a_little(walk.services)
    if walk.choices.freeze:
        await walk.services.wait(walk.choices.freeze)
    return f"{requests} requests to the old service, then frozen"


async def _migrate(walk: _Walk) -> None:
    """It is a copy: what would be refused for real is migrated all the same, to show what comes of it."""
    done, clock, settings = walk.done, walk.services.clock, walk.choices.settings
    walk.before = LegacyState(await read_snapshot(walk.server, PREFIX))
    done.tasks = len(walk.before.tasks)
    done.dry_run = await Migrator(walk.server, clock, settings).dry_run()
    refused = (f"migrate would refuse this: {reason}" for reason in done.dry_run.refusals)
    done.notes += [*done.dry_run.notes, *refused]
    migrator = Migrator(walk.server, clock, replace(settings, accept_defects=True), walk.noted.by("mover"))
    done.migrated = await migrator.apply()
    extended, plan = settings.lease_seconds > 0, done.migrated.plan
    seen = await inspect(
        walk.services, migrator, walk.before, plan, extended=extended, workers=settings.workers
    )
    done.verdicts += await check(seen)


async def _open(walk: _Walk) -> str:
    walk.services.claim_script.loaded = True  # said by the checks; the rest is judged as if it were there
    return "the checklist is through; the traffic goes on at codeQ"


async def _deliver(walk: _Walk) -> str:
    most, split = walk.choices.most, walk.choices.settings.split
    delivered = await deliver(walk.services, walk.before, most)
    walk.done.verdicts += judge(delivered, walk.before, most, split=split)
    return f"the tasks that waited are claimed there, up to {most:,} of each queue"


async def _drain(walk: _Walk) -> str:
    work, deadline = OldWorkers(walk.services).turn, walk.choices.deadline
    walk.done.drained = await drain(walk.server, walk.services.clock, deadline=deadline, work=work)
    drained = "drained" if walk.done.drained.empty else "not drained"
    return f"{drained} after {walk.done.drained.seconds:.0f} s"


async def _cut_over(walk: _Walk) -> str:
    done = walk.done
    assert done.drained is not None, "this step follows `_drain`"
    found = await cut_over(walk.services, done.drained, walk.choices.settings.claim_script)
    done.verdicts, done.notes = found
    done.tasks = await walk.server.call("HLEN", "legacy:tasks")
    return "the checklist is through"


_Step = tuple[str, Callable[[_Walk], Awaitable[str | None]]]
_BEGINNING: tuple[_Step, ...] = (("source", _fill), ("old service", _old_traffic))
OPTIONS: dict[str, tuple[_Step, ...]] = {
    "a": (("both services", _drain), ("checklist", _cut_over)),
    "b": (("mover", _migrate), ("checklist", _open), ("codeQ", _deliver)),
}
