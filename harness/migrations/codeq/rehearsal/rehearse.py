"""The whole rehearsal: the old service at work, the freeze, the migration, codeQ, the checks, the traffic."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from harness.migrations.codeq.checklist import check, inspect
from harness.migrations.codeq.legacy_state import PREFIX, LegacyState
from harness.migrations.codeq.option_b.migrator import Migrated, Migrator
from harness.migrations.codeq.option_b.plan import OURS, Settings, is_split
from harness.migrations.codeq.option_b.preflight import Preflight
from harness.migrations.codeq.rehearsal.cutover import cut_over
from harness.migrations.codeq.rehearsal.delivery import deliver, judge
from harness.migrations.codeq.rehearsal.drain import Drained
from harness.migrations.codeq.rehearsal.literal import Attempt, literal, on_codeq
from harness.migrations.codeq.rehearsal.traffic import work_a_little
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

OPTIONS = ("a", "b")


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


@dataclass(frozen=True)
class Rehearsed:
    """A finished rehearsal of a source that was ``taken`` then, in epoch milliseconds.

    Of Option A there is ``drained``, of Option B ``look`` and ``migrated``. ``course`` is what was done, in
    its order.
    """

    server: str
    option: str
    taken: int
    keys: int
    tasks: int
    attempts: Sequence[Attempt]
    verdicts: Sequence[Verdict]
    notes: Sequence[str]
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
    noted = CourseNotes(on_progress)
    async with emptied(server, OURS), Services(server, clock, entropy) as services:
        attempts = [*await literal(server), *await on_codeq(services)]
        await restore(server, source.pieces())
        noted.by("source")(f"{len(source.entries):,} legacy keys on {server.name}")
        requests = await work_a_little(services)
        noted.by("old service")(f"{requests} requests to the old service, then frozen")
        if choices.freeze:
            await services.wait(choices.freeze)
        rehearsed = partial(
            Rehearsed, server.name, choices.option, source.taken, len(source.entries), attempts=attempts
        )
        walk = _option_b if choices.option == "b" else _option_a
        return await walk(services, choices, noted, rehearsed)


async def _option_b(
    services: Services, choices: Choices, noted: CourseNotes, rehearsed: Callable[..., Rehearsed]
) -> Rehearsed:
    server = services.server
    before = LegacyState(await read_snapshot(server, PREFIX))
    dry_run = await Migrator(server, services.clock, choices.settings).dry_run()
    # It is a copy: what would be refused for real is migrated all the same, to show what comes of it.
    migrator = Migrator(
        server, services.clock, replace(choices.settings, accept_defects=True), noted.by("mover")
    )
    migrated = await migrator.apply()
    extended, workers = choices.settings.lease_seconds > 0, choices.settings.workers
    verdicts = await check(
        await inspect(services, migrator, before, migrated.plan, extended=extended, workers=workers)
    )
    services.claim_script.loaded = True  # said by the checks; the rest is judged as if it were there
    noted.by("checklist")("the checklist is through; the traffic goes on at codeQ")
    verdicts += judge(
        await deliver(services, before, choices.most), before, choices.most, split=is_split(migrated.plan)
    )
    noted.by("codeQ")(f"the tasks that waited are claimed there, up to {choices.most:,} of each queue")
    notes = [*dry_run.notes, *(f"migrate would refuse this: {reason}" for reason in dry_run.refusals)]
    return rehearsed(
        tasks=len(before.tasks),
        verdicts=verdicts,
        notes=notes,
        dry_run=dry_run,
        migrated=migrated,
        course=Course(noted.steps),
    )


async def _option_a(
    services: Services, choices: Choices, noted: CourseNotes, rehearsed: Callable[..., Rehearsed]
) -> Rehearsed:
    drained, verdicts, notes = await cut_over(
        services, choices.deadline, noted.by("both services"), choices.settings.claim_script
    )
    noted.by("checklist")("the checklist is through")
    tasks = await services.server.call("HLEN", "legacy:tasks")
    course = Course(noted.steps)
    return rehearsed(tasks=tasks, verdicts=verdicts, notes=notes, drained=drained, course=course)
