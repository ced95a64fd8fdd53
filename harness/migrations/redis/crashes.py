"""The search: a crash before every single command, there and back, must end as without one."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from harness import (
    AnyScenario,
    Call,
    Choose,
    Damage,
    Decision,
    Extent,
    Faults,
    Finding,
    Here,
    ParameterError,
    RunRecord,
    Seed,
    Seen,
    Tally,
    Verdict,
    damage_document,
    explained,
    finding,
    searched,
    some,
    verdict,
)
from harness.migrations.redis.back.rollback import Rollback
from harness.migrations.redis.keyspace.crash import Crashed, Crashing
from harness.migrations.redis.keyspace.errors import MigrationError
from harness.migrations.redis.keyspace.snapshot import Snapshot
from harness.migrations.redis.moving.migrator import Migrator
from harness.migrations.redis.moving.move import Move, OnProgress, Settings, silent
from harness.migrations.redis.planfile.declaration import Declaration
from harness.migrations.redis.rehearsal import Contents, Place, Stage, carried_out, refuse_unknown, stage
from kvstore.faults import Fault
from kvstore.layers.trace import Trace
from worker.codeq import Server

# Goes one way, or what is left of it, with every command of the target's through the server that is given,
# and files in the folder; how many members it moved.
Way = Callable[[Stage, Server, Path], Awaitable[int]]
THERE, BACK = "there", "back"
_TITLE = "Resumption: whatever the crash, the same end"


@dataclass(frozen=True, slots=True)
class Scenario(AnyScenario):
    """The way there and the way back; ``crash@there.1:7`` ends the program before its seventh command.

    ``there.2`` goes on where ``there.1`` was cut off.
    """

    seed: Seed = 1
    faults: Faults = ()

    def whole(self) -> "Scenario":
        for one in self.faults:
            way, _, number = one.request.partition(".")
            if one.kind != "crash" or way not in (THERE, BACK) or not number.isdecimal():
                raise ParameterError(f"{one} cannot happen here: write crash@there.1:7, or crash@back.1:7")
        return self


@dataclass(frozen=True, kw_only=True)
class Record(RunRecord[Contents]):
    """``ends`` is what each way came to, ``tried`` how each of its runs went, by the name of its Call."""

    ends: Mapping[str, Contents]
    tried: Mapping[str, Crashing]
    moved: int


@dataclass(frozen=True)
class Resumption:
    """The ways of a migration as a search asks for them: on a new ``stage``, at ``url`` or embedded.

    ``whole`` is what each way comes to that nothing cuts off.
    """

    stage: Callable[[], AbstractAsyncContextManager[Stage]]
    there: Way
    back: Way
    url: str | None = None
    whole: Mapping[str, Contents] = field(default_factory=dict)
    effort = 1

    def simulate(
        self, scenario: Scenario, choose: Choose | None = None, trace: Trace | None = None
    ) -> Record:
        """Both ways. Raises Refused if the keyspace cannot be migrated at all, Deadlock."""
        return carried_out(self._simulated(scenario), self.url)

    async def _simulated(self, scenario: Scenario) -> Record:
        planned = {one.request: one for one in scenario.faults}
        calls: list[Call] = []
        tried: dict[str, Crashing] = {}
        ends: dict[str, Contents] = {}
        done = Counter[str]()
        with TemporaryDirectory() as folder:
            async with self.stage() as on:
                start, began = await on.everything(on.source), on.clock.now_ms()
                for name, way, server in ((THERE, self.there, on.target), (BACK, self.back, on.source)):
                    for number in count(1):
                        fault = planned.get(f"{name}.{number}")
                        crashing = Crashing(on.target, fault.at - 1 if fault else None)
                        call = Call(
                            f"{name}.{number}", name, "", name, "", "", None, on.clock.now_ms(), len(calls)
                        )
                        try:
                            done[name] += await way(on, crashing, Path(folder))
                            call.status = 200
                        except Crashed:
                            pass
                        except MigrationError as error:
                            if not any(one.cut for one in tried.values()):
                                raise
                            call.status, call.answer = 409, str(error)
                        call.answered, call.operations = on.clock.now_ms(), crashing.count
                        calls.append(call)
                        tried[call.name] = crashing
                        if call.status is not None:
                            break
                    if call.status != 200:
                        break
                    ends[name] = await on.everything(server)
                ended = on.clock.now_ms()
        return Record(
            scenario=scenario,
            start=start,
            final=ends.get(BACK, start),
            writes=(),
            calls=calls,
            asked=(),
            began=began,
            ended=ended,
            fired=[str(planned[name]) for name, one in tried.items() if one.cut],
            ends=ends,
            tried=tried,
            moved=done[THERE],
        )

    def judge(self, record: Record) -> list[Verdict]:
        different = [
            finding(
                f"{{n}} key{{s}} {{are}} different after the way {way}",
                self.whole.get(way, end).different(end),
            )
            for way, end in record.ends.items()
        ]
        stuck = [
            Finding(f"the way {one.actor} cannot be resumed: {one.answer}")
            for one in record.calls
            if one.status == 409
        ]
        return [verdict("crash", _TITLE, [*different, *stuck], looked=len(record.fired), at="crashes")]

    def hazards(self, record: Record) -> Sequence[str]:
        return ()

    def seen(self, record: Record) -> Seen:
        operations = sum(call.operations for call in record.calls)
        planned, fired = len(record.scenario.faults), len(record.fired)
        looked = Extent(1, len(record.calls), operations, record.moved, planned, fired)
        return Seen(looked, self.judge(record), (), record.fired)

    def causes(self, record: Record, invariant: str, finding: Finding) -> tuple[Any, ...]:
        return ()

    def undisturbed(self) -> tuple["Resumption", Record]:
        """A run that nothing cuts off, and the same system, which compares others with that."""
        record = self.simulate(Scenario())
        return replace(self, whole=record.ends), record

    def explore(self, on_progress: OnProgress = silent) -> "Search":
        """Every point of both ways. Raises Refused if the keyspace cannot be migrated at all."""
        system, plain = self.undisturbed()
        points = [Fault("crash", at + 1, name) for name, one in plain.tried.items() for at in one.points]

        def said(tally: Tally, of: int) -> None:
            broken = sum(map(bool, tally.noted.values()))
            on_progress(f"{tally.runs:,} of {of:,} points, {broken:,} end differently")

        def broken(record: Record, met: Sequence[str]) -> str:
            found = [one for each in system.judge(record) for one in each.findings]
            return "; ".join(f"{one.what}: {some(one.keys)}" if one.keys else one.what for one in found)

        scenarios = [Scenario(faults=(one,)) for one in points]
        tally = searched(system, scenarios, Here(), said, note=broken)
        told = [tally.noted.get(one, "nobody can go on") for one in scenarios]
        tally.add(plain.scenario, system.seen(plain))
        return Search(plain, tally, explained(system, tally, Here()), dict(zip(points, told, strict=True)))


@dataclass(frozen=True)
class Search:
    """``tried`` were crashes: one for all commands before which the keyspace is the same, each with what it
    broke. ``plain`` is the run that nothing cut off.
    """

    plain: Record
    tally: Tally
    damage: Sequence[Damage]
    tried: Mapping[Fault, str]

    @property
    def there(self) -> int:
        """How many commands the way there has."""
        return self.plain.calls[0].operations

    @property
    def back(self) -> int:
        return self.plain.calls[1].operations

    @property
    def broken(self) -> list[str]:
        """A sentence for each crash that ended differently."""
        return [
            f"before command {one.at} of the way {one.request.partition('.')[0]}: {what}"
            for one, what in self.tried.items()
            if what
        ]

    @property
    def verdict(self) -> Verdict:
        found = [one.finding for one in self.damage]
        return verdict("crash", _TITLE, found, looked=self.tally.checked.total(), at="crashes")

    @property
    def decision(self) -> Decision:
        looked = self.tally.looked
        missed = looked.planned - looked.fired
        unmet = [f"{missed:,} of {looked.planned:,} crashes never happened"] if missed else []
        return Decision(self.broken, looked, unmet)

    def as_json(self, replay: Callable[[Scenario], str]) -> dict[str, Any]:
        """``replay`` is the command that runs a scenario again."""
        return {
            "points": self.there + self.back,
            "there": self.there,
            "back": self.back,
            "crashes": len(self.tried),
            "moved": self.plain.moved,
            "broken": self.broken,
            "findings": [damage_document(one, replay(one.scenario)) for one in self.damage],
            **self.decision.as_json(),
        }


def resumption(
    declaration: Declaration,
    source: Snapshot,
    place: Place,
    settings: Settings,
    *,
    url: str | None = None,
    elsewhere: bool = False,
) -> Resumption:
    """The ways of a plan, on copies of ``source``. Raises Refused for what cannot be copied."""
    refuse_unknown(source)
    settings = replace(settings, freeze_seconds=0)

    def move(on: Stage, target: Server, backup: Path | None) -> Move:
        terms = replace(settings, backup=backup)
        return Move(declaration, on.source if elsewhere else target, target, on.clock, terms)

    async def there(on: Stage, target: Server, folder: Path) -> int:
        return (await Migrator(move(on, target, folder / "backup")).apply()).moved

    async def back(on: Stage, target: Server, folder: Path) -> int:
        return (await Rollback(move(on, target, None)).apply()).restored

    return Resumption(partial(stage, source, place, elsewhere=elsewhere), there, back, url)
