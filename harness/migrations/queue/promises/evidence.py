"""Everything that one migration is judged by: each part gathered once, when it is first asked for."""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, TypeVar

from harness import Call
from harness.engine.loop import in_virtual_time
from harness.explore.tally import Batch, Group
from harness.explore.workforce import Workforce
from harness.migrations.queue.explore.system import Queue, worker_code
from harness.migrations.queue.promises.double_claims import (
    Count,
    DoubleClaims,
    Kind,
    Watch,
    kinds,
    scenarios,
    watched,
)
from harness.migrations.queue.promises.manual import ManualRequests
from harness.migrations.queue.promises.schedules import Schedules, scheduled
from harness.migrations.queue.promises.situations import STRATEGIES, situations
from harness.migrations.queue.promises.trials import Trial, Trials
from harness.migrations.queue.rehearsal.rehearsal import Rehearsal, rehearse_queue, walk_of
from harness.migrations.queue.simulation.drawing import draw
from harness.migrations.queue.simulation.scenario import Migration, Scenario, Strategy
from harness.migrations.queue.worker import QueueWorker
from harness.sources.source import Source
from harness.terminal.lines import command_line
from kvstore import SystemClock
from worker.runtime import LoadError

T = TypeVar("T")

# What is going on, how much of it is done, and of how much.
OnProgress = Callable[[str, int, int], None]

DEFAULT_CONDITIONS: Final = "production"
DEFAULT_SEEDS: Final = range(1, 201)
_BATCH: Final = 10
# With so many random schedules goes one more round of counting double claims.
_SCHEDULES_PER_ROUND: Final = 50
_LEAST_ROUNDS: Final = 1
# The migration whose claims a coordinator decides in the schedules, if the Worker has one.
_COORDINATED: Final = "safe"


class NothingSeen(Exception):
    """A promise cannot be judged: says what did not happen that it is judged by."""


def no_progress(what: str, done: int, of: int) -> None:
    """The default: no progress is shown."""


@dataclass(frozen=True)
class Inquiry:
    """What is judged, and how far: ``source``, locally and under ``conditions``, and ``seeds`` schedules.

    ``arguments`` are those of the command line that name the same source again.
    """

    source: Source
    conditions: str
    seeds: range
    workforce: Workforce
    worker: QueueWorker
    arguments: Sequence[str] = ()
    on_progress: OnProgress = no_progress

    @cached_property
    def has_coordinator(self) -> bool:
        """Whether the Worker has the class of a coordinator."""
        try:
            worker_code(self.worker).durable_class("TaskCoordinator")
        except LoadError:
            return False
        return True

    @property
    def _kinds(self) -> list[Kind]:
        return [one for one in kinds(self.conditions) if one.way != "coordinator" or self.has_coordinator]

    @cached_property
    def double_claims(self) -> DoubleClaims:
        """How often two workers held one task: the same for both migrations."""
        rounds = max(_LEAST_ROUNDS, len(self.seeds) // _SCHEDULES_PER_ROUND)
        watches = [Watch(kind, Batch(Queue(self.worker), scenarios(kind, rounds))) for kind in self._kinds]
        found: dict[Kind, Count] = {}
        for kind, count in self.workforce.do(watched, watches):
            found[kind] = count
            self.on_progress("watching workers claim", len(found), len(watches))
        return DoubleClaims({kind: found[kind] for kind in self._kinds})


class Evidence:
    """What was seen of ``migration``."""

    def __init__(self, inquiry: Inquiry, migration: Migration) -> None:
        self.inquiry = inquiry
        self.migration: Migration = migration
        coordinated = migration == _COORDINATED and inquiry.has_coordinator
        self._base = Scenario(
            conditions=inquiry.conditions,
            migration=migration,
            claims="coordinator" if coordinated else "kv",
        )
        self.trials = Trials(self._base, inquiry.worker)

    @property
    def schedules(self) -> Schedules:
        """The situations and the random schedules. Raises NothingSeen if nothing was moved in any."""
        found = self.all_schedules
        if not found.looked.moved:
            raise NothingSeen(f"nothing was moved in {found.runs:,} schedules")
        return found

    @cached_property
    def all_schedules(self) -> Schedules:
        """The same, whatever was moved."""
        drawn = [draw(seed, self._base) for seed in self.inquiry.seeds]
        every = [*situations(self._base), *drawn]
        queue = Queue(self.inquiry.worker)
        batches = [Batch(queue, every[at : at + _BATCH]) for at in range(0, len(every), _BATCH)]
        found = Schedules()
        for part in self.inquiry.workforce.do(scheduled, batches):
            found.merge(part)
            self._on_progress("schedules", found.runs, len(every))
        return found

    @cached_property
    def walks(self) -> dict[tuple[Strategy, str], Rehearsal]:
        """The walks on the source, by strategy and conditions.

        All at once, before the copy grows old: what is held for minutes would not be held any more.
        """
        own, chosen = STRATEGIES[self.migration], self.inquiry.conditions
        wanted: list[tuple[Strategy, str]] = [(own, "local"), (own, chosen), ("zero-downtime", chosen)]
        return {one: self._walk(*one) for one in dict.fromkeys(wanted)}

    @property
    def local(self) -> Rehearsal:
        """Where nothing is limited and nothing stale."""
        return self.walks[STRATEGIES[self.migration], "local"]

    @property
    def chosen(self) -> Rehearsal:
        """Under the conditions of the inquiry."""
        return self.walks[STRATEGIES[self.migration], self.inquiry.conditions]

    @property
    def zero_downtime(self) -> Rehearsal:
        """With a Worker for both formats, while work goes on."""
        return self.walks["zero-downtime", self.inquiry.conditions]

    @cached_property
    def sample(self) -> Trial:
        """The guide's own figures: five tasks, two of them held, nobody else at work."""
        return self.trials.play("conditions=local strategy=steps tasks=5 leases=2 runs=1")

    @cached_property
    def manual(self) -> ManualRequests:
        return ManualRequests(self.inquiry.worker, self.migration, SystemClock())

    @cached_property
    def answers(self) -> dict[str, Call]:
        """The guide's steps on the guide's sample, by hand."""
        return self.run(self.manual.walk())

    def run(self, asking: Coroutine[Any, Any, T]) -> T:
        """What comes of requests that are made by hand."""
        return in_virtual_time(asking)

    def shown(self, group: Group) -> Trial:
        """The smallest simulation of a group, again."""
        return self.trials.again(group.smallest)

    def _walk(self, strategy: Strategy, conditions: str) -> Rehearsal:
        flags = ["--migration", self.migration, "--strategy", strategy, "--conditions", conditions]
        command = command_line(["rehearse", "queue", *self.inquiry.arguments, *flags])
        self._on_progress(f"a walk under {conditions}", 0, 1)
        scenario = walk_of(self.migration, strategy, conditions)
        now = SystemClock().now_ms()
        return rehearse_queue(self.inquiry.source, scenario, now, self.inquiry.worker, command=command)

    def _on_progress(self, what: str, done: int, of: int) -> None:
        self.inquiry.on_progress(f"{self.migration}: {what}", done, of)
