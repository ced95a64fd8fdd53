"""A declared migration whose Worker of one stage gets the mistakes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Final

from harness.cli.run import Opened, Wanted, result_of
from harness.engine.loop import Deadlock
from harness.explore.workforce import Workforce
from harness.migration import MigrationError
from harness.model.record import Place, Record
from harness.model.scenario import Scenario
from harness.mutation.hunt import Rehearse, Run
from harness.mutation.mutant import Mutant
from harness.mutation.python.lines import Counting
from harness.mutation.reach import Reach, reaching
from harness.mutation.target import Prepared
from harness.mutation.trace import Answered, Trace, step_of, step_of_query, stored_as_text, without_moments
from harness.rehearsal.rehearsal import GROWN
from harness.rehearsal.result import Part
from harness.rehearsal.subject import Subject, loaded, whole
from harness.system.code import WorkerCode
from harness.system.deployment import Code
from harness.system.stages import read_config
from harness.terminal.progress import Progress
from kvstore import Entry
from worker.runtime import LoadError

# So many schedules find most of what there is to find, before anything else is tried.
_FIRST: Final = 30


@dataclass(frozen=True)
class Declared:
    """The migration of ``subject`` with all ``entries``: the Worker of ``stage`` is to have the mistakes."""

    subject: Subject
    entries: Mapping[Place, Entry]
    stage: str

    @property
    def code(self) -> Code:
        """The Worker as it is. Raises MigrationError."""
        return loaded(self.subject).stages.by_name[self.stage].worker_code

    @property
    def folder(self) -> Path:
        """The folder of the Worker's entry file. Raises MigrationError, and ConfigError."""
        stages = self.subject.migration.stages
        if self.stage not in stages:
            raise MigrationError(
                f"--stage {self.stage}: the migration has no Worker of that name; it has: "
                f"{', '.join(stages) or 'none'}"
            )
        config = read_config(stages[self.stage].folder)
        if config.main is None:
            raise MigrationError(f'{config.path} names no entry file: add main = "src/entry.py" or the like')
        return (config.root / config.main).resolve().parent

    def __call__(self, mutant: Mutant | None) -> Rehearse:
        """The Worker with a mistake, or as it is. Raises LoadError."""
        texts = {} if mutant is None else mutant.texts(self.folder)
        mistakes = tuple((self.stage, path, text) for path, text in texts.items())
        small = replace(self.subject, mistakes=mistakes)
        try:
            loaded(small)
        except MigrationError as error:
            raise LoadError(str(error)) from error
        return _Rehearse(small, whole(small, self.entries))


@dataclass(frozen=True)
class ReachSearch:
    """Simulates scenarios with the Worker as it is: which ``mutants`` could make a difference there."""

    declared: Declared
    mutants: tuple[Mutant, ...]

    @cached_property
    def counting(self) -> Counting:
        return Counting(self.declared.folder, self.mutants)

    @cached_property
    def subjects(self) -> tuple[Subject, Subject]:
        """A sample of the entries, and all of them."""
        stage = self.declared.stage
        texts = tuple((stage, path, text) for path, text in self.counting.texts.items())
        small = replace(self.declared.subject, mistakes=texts)
        worker_code = loaded(small).stages.by_name[stage].worker_code
        assert isinstance(worker_code, WorkerCode), "only a Worker in Python has mistakes"
        self.counting.begin(worker_code.code)
        return small, whole(small, self.declared.entries)

    def __call__(self, scenario: Scenario) -> Reach:
        small, every = self.subjects
        self.counting.forget()
        try:
            record = (every if scenario.among == "all" else small).simulate(scenario)
        except Deadlock:
            return Reach(scenario, self.counting.lines, self.counting.changed, 0)
        return Reach(scenario, self.counting.lines, self.counting.changed, record.count)


@dataclass(frozen=True)
class _Rehearse:
    small: Subject
    whole: Subject

    def __call__(self, scenario: Scenario) -> Run:
        subject = self.whole if scenario.among == "all" else self.small
        try:
            record = subject.simulate(scenario)
            verdicts = subject.judge(record)
        except MigrationError as error:
            stops = {"rehearsal stops": str(error)}
            return Run(lambda: None, lambda: stops)
        violated = {
            f"{one.invariant} {found.code}".strip(): found.what for one in verdicts for found in one.findings
        }
        return Run(lambda: traced(record), lambda: violated)

    def close(self) -> None:
        for stage in loaded(self.small).stages.all():
            stage.worker_code.close()


@dataclass(frozen=True)
class DeclaredTarget:
    """The Worker of ``stage`` of a migration that a file declares, and the rehearsal of that."""

    wanted: Wanted
    opened: Opened
    stage: str

    @property
    def load(self) -> Declared:
        return Declared(self.opened.subject, self.opened.entries, self.stage)

    @property
    def folder(self) -> Path:
        return self.load.folder

    @property
    def files(self) -> Sequence[Path]:
        _ = self.folder  # which says what is wrong with the stage
        return self.load.code.sources

    @property
    def line(self) -> str:
        return self.opened.about.line()

    @property
    def again(self) -> Sequence[str]:
        return self.opened.about.again[1:]

    def prepared(self, mutants: Sequence[Mutant], workforce: Workforce, progress: Progress) -> Prepared:
        """The rehearsal, and everything that it visited."""
        result = result_of(self.opened, self.wanted, progress)
        verdict, runs = result.decision.verdict.upper(), sum(part.tally.looked.runs for part in result.parts)
        said = f"The rehearsal as it is: {verdict}, {runs:,} runs."
        scenarios = list(dict.fromkeys(cheapest_first(result.parts)))
        if isinstance(self.load.code, WorkerCode):
            search = ReachSearch(self.load, tuple(mutants))
            seen = {one.scenario: one for one in workforce.do(search, scenarios)}
            reaches, compared = [seen[one] for one in scenarios], search.counting.compared
        else:  # what is carried out is known of Python only
            reaches, compared = [Reach(one, frozenset(), frozenset(), 0) for one in scenarios], {}
        probes = reaching(self.folder, reaches, compared)
        return Prepared(probes, said, verdict)


def cheapest_first(parts: Sequence[Part]) -> list[Scenario]:
    """Everything that a rehearsal visited: what is cheap and tells much first."""
    by_name = {part.name: list(part.scenarios) for part in parts}
    schedules, walks = by_name.pop("schedules", []), by_name.pop("walks", [])
    small = [one for one in walks if one.entries < GROWN]
    others = [one for part in by_name.values() for one in part]
    return [
        *schedules[:_FIRST],
        *small,
        *others,
        *schedules[_FIRST:],
        *(one for one in walks if one.entries >= GROWN),
    ]


def traced(record: Record) -> Trace:
    """What a run did; the judge's own requests are none of it."""
    began = record.began
    ends = {entry.expiration for entry in record.start.values()} - {None}
    steps = {
        name: [(one.at, step_of(one, began, ends)) for one in asked]
        for name, asked in record.operations.items()
    }
    for query in record.queried:
        steps.setdefault(query.invocation, []).append((query.at, step_of_query(query, began)))
    requests = {
        call.name: Answered(
            f"{call.method} {call.path}",
            tuple(step for _, step in sorted(steps.get(call.name, ()), key=lambda each: each[0])),
            without_moments(f"{call.status} {call.body}", began, call.answered),
        )
        for call in record.calls
        if call.role != "judge"
    }
    last = {(event.namespace, event.key): event.at for event in record.writes}
    end = {
        place: stored_as_text(one, last.get(place, began), began, ends) for place, one in record.final.items()
    }
    return Trace(requests, dict(end))
