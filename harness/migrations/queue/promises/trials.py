"""Single simulations that a promise is judged by, each played once; the line that says it says it again."""

from dataclasses import dataclass, replace
from functools import cached_property

from harness import Call
from harness.migrations.queue.checkers import judge
from harness.migrations.queue.explore.campaign_report import replay
from harness.migrations.queue.explore.system import Queue
from harness.migrations.queue.hazards import diagnose
from harness.migrations.queue.hazards.case import Diagnosis
from harness.migrations.queue.layout import PENDING
from harness.migrations.queue.promises.situations import fitted
from harness.migrations.queue.simulation.record import Record
from harness.migrations.queue.simulation.scenario import Scenario
from harness.migrations.queue.state import QueueState
from harness.migrations.queue.worker import QueueWorker
from harness.model.verdict import Verdict
from kvstore import Event


@dataclass(frozen=True)
class Trial:
    """``record`` of a simulation, and the command that ``replays`` it."""

    record: Record
    replays: str

    @property
    def first(self) -> Call:
        """The first request that was sent."""
        return self.record.calls[0]

    def operations(self, call: Call) -> list[Event]:
        """What a request asked of KV for the queue: what counting the client's requests takes is left out."""
        asked = self.record.operations.get(call.name, [])
        return [event for event in asked if not event.key.startswith(("ratelimit:", "event:"))]

    def ids_handled(self, call: Call) -> int:
        """How many ids a request read in listings and in the pending list, or wrote there."""
        return sum(_ids(event) for event in self.operations(call))

    def says(self, invariant: str) -> str:
        """What is said against an invariant: the first finding."""
        found = next((one for one in self.verdicts if one.invariant == invariant), None)
        return found.findings[0].what if found is not None and found.findings else "violated"

    @cached_property
    def verdicts(self) -> list[Verdict]:
        return judge(self.record)

    @cached_property
    def diagnoses(self) -> dict[str, Diagnosis]:
        return {one.hazard: one for one in diagnose(self.record)}


def _ids(event: Event) -> int:
    if event.verb == "scan":
        return len(event.found)
    if event.key != PENDING or event.entry is None:
        return 0
    return len(QueueState({PENDING: event.entry}).pending_ids)


class Trials:
    """Plays scenarios with the migration and claims of ``base``, and remembers them."""

    def __init__(self, base: Scenario, worker: QueueWorker) -> None:
        self._base = base
        self._worker = worker
        self._played: dict[str, Trial] = {}

    def play(self, line: str) -> Trial:
        """A scenario of the judges' own, under the conditions that the line names."""
        scenario, base = Scenario.read(line), self._base
        if scenario.at_once:
            return self.again(replace(scenario, migration=base.migration))
        return self.again(fitted(scenario, replace(base, conditions=scenario.conditions, claims="kv")))

    def again(self, scenario: Scenario) -> Trial:
        """Exactly this scenario."""
        line = str(scenario)
        if line not in self._played:
            record = Queue(self._worker).simulate(scenario)
            self._played[line] = Trial(record, replay(scenario, self._worker))
        return self._played[line]
