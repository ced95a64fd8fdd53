"""The rehearsal of a declared migration: walks, faults, interruptions and schedules, and what they say
together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from itertools import combinations_with_replacement, product
from typing import Any, Final

from harness.engine.interruption import Interruption
from harness.engine.meeting import Deed, Meeting
from harness.explore.checkpoint import Checkpoint
from harness.explore.coverage import MOST_REFUSED, REFUSED, due
from harness.explore.draw import Declared, Drawing, Places, places_in, places_of
from harness.explore.faults import everywhere
from harness.explore.search import Guided, OnTally, explained, searched
from harness.explore.state import read_tally, write_tally
from harness.explore.tally import Key, Tally, tallied, tallied_in_every_order
from harness.explore.workforce import Workforce
from harness.model.course import Course
from harness.model.oddities import MANY_ITEMS
from harness.model.record import Call, Place, Record
from harness.model.row import is_table
from harness.model.scenario import Scenario
from harness.model.stratum import strata_of
from harness.parameters import parameters
from harness.rehearsal.forecast import bill_of, forecast
from harness.rehearsal.progress import NoProgress, OnProgress, Walks
from harness.rehearsal.result import Part, Result
from harness.rehearsal.subject import LONGEST_LIST, Subject, loaded, whole
from harness.sources.sample import Sample
from harness.system.repeating import check_repeats
from kvstore import Entry
from kvstore.faults import OPERATION
from kvstore.layers.quotas import WriteRate

WALKED: Final = ("local", "production", "free")
# A namespace in which what has no bound runs into the limits of production.
GROWN: Final = 1100
# How many schedules meet everything that there is to meet, as a rule.
_ENOUGH: Final = 100
# More entries than any small namespace has, and so many that a request has all that it takes on at once.
_FEW: Final = 40
_MANY: Final = 200
# So many requests of clients and readers meet faults, one at a time: they do much the same again and again.
_MOST_OTHERS: Final = 12
PARTS: Final = ("walks", "crashes", "interruptions", "schedules")


def rehearse(
    subject: Subject,
    entries: Mapping[Place, Entry],
    workforce: Workforce,
    *,
    explore: Sequence[str] = PARTS,
    conditions: str = "production",
    write_rate: WriteRate = "refused",
    seeds: range = range(1, 501),
    on_progress: OnProgress = NoProgress(),  # noqa: B008 - it has no state
    checkpoint: Checkpoint | None = None,
    sample: Sample | None = None,
) -> Result:
    """Walk through the migration with all ``entries``, and search through small namespaces.

    What ``checkpoint`` has is not done again; ``sample`` says of what the entries are one.
    Raises MigrationError for what is wrong with the declaration.
    """
    base = Scenario(conditions=conditions, write_rate=write_rate, colos=2)
    search = _Rehearsal(subject, entries, workforce, base, [seeds], on_progress, checkpoint, sample)
    small = search.first_look()
    return _result(search, small, [search.part(name) for name in explore])


def joined(
    subject: Subject,
    entries: Mapping[Place, Entry],
    workforce: Workforce,
    found: Mapping[str, Tally],
    *,
    conditions: str,
    write_rate: WriteRate,
    seeds: Sequence[range],
    anew: int,
    sample: Sample | None = None,
) -> Result:
    """One rehearsal of what several have ``found``, by the part, among it schedules of all ``seeds``.

    ``anew`` of the schedules met something new.
    """
    base = Scenario(conditions=conditions, write_rate=write_rate, colos=2)
    search = _Rehearsal(subject, entries, workforce, base, seeds, NoProgress(), sample=sample)
    small = search.first_look()
    return _result(search, small, [search.part_of(name, tally, anew) for name, tally in found.items()])


def schedules_of(subject: Subject, workforce: Workforce, base: Scenario) -> Guided:
    """The search through random schedules alone, before it began: for who measures it."""
    return _Rehearsal(subject, {}, workforce, base, [], NoProgress()).guided()


def _result(search: "_Rehearsal", small: Tally, parts: Sequence[Part]) -> Result:
    subject, workforce = search.subject, search.workforce
    small = sum((part.tally for part in parts if part.name != "walks"), small)
    large = sum((part.tally for part in parts if part.name == "walks"), Tally())
    # What small namespaces show as well is made small there.
    large.violations = {key: group for key, group in large.violations.items() if key not in small.violations}
    on_small = search.on_progress.made_small
    damage = explained(subject, small, workforce, on_small)
    damage += explained(search.whole, large, workforce, on_small)
    bills = [bill for part in parts if part.name == "walks" for bill in part.tally.noted.values()]
    return Result(
        parts,
        damage,
        search.unmet(parts),
        search.oddities,
        forecast(search.strata, bills),
        search.base,
        search.seeds,
        max((bill.course for bill in bills if bill.course), key=_telling, default=None),
    )


def _telling(course: Course) -> tuple[int, int]:
    """Of walks the longest tells most, and one with a budget more than one without."""
    return len(course.steps), course.budget or 0


def _orders_said(tally: Tally) -> str:
    visited = tally.orders
    if not visited.orders:
        return ""
    left = f", and not all of {visited.unfinished:,} meetings" if visited.unfinished else ""
    return f"{visited.orders:,} orders, of which {visited.runs:,} differ{left}"


class _Rehearsal:
    """The parts of a rehearsal, each in its turn."""

    def __init__(
        self,
        subject: Subject,
        entries: Mapping[Place, Entry],
        workforce: Workforce,
        base: Scenario,
        seeds: Sequence[range],
        on_progress: OnProgress,
        checkpoint: Checkpoint | None = None,
        sample: Sample | None = None,
    ) -> None:
        self.subject = subject
        self.whole = whole(subject, entries)
        self.workforce = workforce
        self.base = base
        self.seeds = seeds
        self.on_progress = on_progress
        self.checkpoint = checkpoint
        own = loaded(subject)
        self.migration = own.migration
        self.oddities = own.sample(subject).oddities
        self.is_sample = sample is not None
        here = strata_of(own.outcomes, entries)
        self.moving = sum(here.values())
        self.strata = here if sample is None else sample.strata
        self._known: set[Key] = set()

    def part(self, name: str) -> Part:
        """One of the searches."""
        if name == "schedules":
            return self._schedules()
        scenarios, what = self._planned(name)
        subject, note = (self.whole, bill_of) if name == "walks" else (self.subject, None)
        work = tallied_in_every_order if name == "orders" else tallied
        # Walks are few, and what they took is noted run by run.
        kept = None if self.checkpoint is None or name == "walks" else self.checkpoint.parts.get(name)
        if kept is not None:
            tally = read_tally(kept, Scenario.read)
        else:
            told = self._followed(scenarios) if name == "walks" else partial(self._told, name)
            tally = searched(subject, scenarios, self.workforce, told, work, note)
            if self.checkpoint is not None:
                self.checkpoint.keep(name, write_tally(tally))
        return Part(name, f"{what}{_orders_said(tally)}", tally, scenarios)

    def _planned(self, name: str) -> tuple[list[Scenario], str]:
        """The scenarios of a part, and what they are."""
        parts = {
            "walks": self._walks,
            "crashes": self._faults,
            "interruptions": self._interruptions,
            "orders": self._meetings,
        }
        return parts[name]()

    def part_of(self, name: str, tally: Tally, anew: int) -> Part:
        """A part that others have searched."""
        if name == "schedules":
            return Part(name, self._schedules_said(anew), tally, (), anew)
        return Part(name, f"{self._planned(name)[1]}{_orders_said(tally)}", tally, ())

    def _told(self, name: str, tally: Tally, of: int) -> None:
        done = tally.looked.runs
        self.on_progress.rehearsed(name, done, max(done, of), len(tally.violations))
        self._found(tally)

    def _found(self, tally: Tally) -> None:
        for key, group in tally.violations.items():
            if key not in self._known:
                self._known.add(key)
                self.on_progress.found(key[0], group.what, group.smallest)

    def _followed(self, scenarios: Sequence[Scenario]) -> OnTally:
        """Shows how far walks are, also within each: one may take long. What is returned gets every tally."""
        walks = Walks(self.workforce.operations, self._alone(entries=_FEW), _FEW)
        long = sum(MANY_ITEMS in one.odd for one in scenarios)
        of = walks.expected(sum(one.entries for one in scenarios) + long * LONGEST_LIST)
        self.on_progress.follow("walks: {done} of some {of} operations", walks.done, of)

        def told(tally: Tally, _: int) -> None:
            walks.over = tally.looked.operations
            self._found(tally)

        return told

    def first_look(self) -> Tally:
        """What the plain run shows, at once and in this process.

        Raises MigrationError for a Worker that does not do the same again.
        """
        check_repeats(
            loaded(self.subject).stages, self.plain, lambda: self.subject.simulate(self.plain.scenario)
        )
        tally = Tally()
        tally.add(self.plain.scenario, self.subject.seen(self.plain))
        self._told("first look", tally, 1)
        return Tally(violations=tally.violations)

    @cached_property
    def plain(self) -> Record:
        """A run that nothing disturbs, with somebody of everybody: where faults can strike."""
        return self.subject.simulate(replace(self.base, readers=1, clients=1))

    def _walks(self) -> tuple[list[Scenario], str]:
        """With every entry, and with many more like them, under each of the conditions; nobody else there."""
        count, rate = self.moving, self.base.write_rate
        alone = Scenario(write_rate=rate, among="all", entries=count, odd=self.oddities)
        long = tuple(kind for kind in self.oddities if kind == MANY_ITEMS)
        grown = replace(alone, entries=GROWN, odd=long)
        made = loaded(self.whole).sample(self.whole).moving_in(grown)
        which = f"{count:,} entries of the sample" if self.is_sample else f"all {count:,} entries"
        unmade = " (more like them cannot be made)" if count < GROWN else ""
        which += f", and {made:,}" if made > count else unmade
        which += f", one with {LONGEST_LIST:,} items" if long else ""
        walked = (alone, grown) if made > count or long else (alone,)
        scenarios = [replace(base, conditions=one) for base in walked for one in WALKED]
        which += f", under {', '.join(WALKED)}"
        if all(is_table(binding) for binding, _ in (*self.plain.start, *self.plain.final)):
            return scenarios, which  # D1 has no pages
        few = replace(alone, entries=min(count, self.base.entries), odd=(), conditions="local", page=1)
        return [*scenarios, few], f"{which}; {few.entries} with a key a page"

    def _faults(self) -> tuple[list[Scenario], str]:
        """The operator is alone when it meets one; clients and readers meet theirs beside it."""
        alone = self.subject.simulate(self.base)
        operators = [call for call in alone.calls if call.role == "operator"]
        others = [call for call in self.plain.calls if call.role in ("client", "reader")][:_MOST_OTHERS]
        back = self._way_back(self.base)
        scenarios = [
            replace(scenario, faults=(fault,))
            for scenario, calls in (
                (self.base, operators),
                (replace(self.base, rollback="after"), back),
                (self.plain.scenario, others),
            )
            for fault in everywhere(OPERATION, calls)
        ]
        mine, its, theirs = (sum(call.operations for call in calls) for calls in (operators, back, others))
        also = f", {its:,} of the rollback" if its else ""
        also += f", and {theirs:,} of clients and readers" if theirs else ""
        return scenarios, f"{mine:,} operations of the operator × {', '.join(OPERATION)}{also}"

    def _interruptions(self) -> tuple[list[Scenario], str]:
        """Somebody looks all the time: what an interruption leaves may be gone before the end.

        Where looking moves what an operator then need not, there is nobody besides.
        """
        base, rolled = (replace(self.base, readers=1, rollback=one) for one in ("never", "after"))
        looked = self.subject.simulate(base)
        places = [(base, place) for place in places_of(looked).operations]
        if looked.has_objects or any(looked.role_of(one.invocation) == "reader" for one in looked.writes):
            known = {place for _, place in places}
            alone = places_of(self.subject.simulate(self.base)).operations
            places += [(self.base, place) for place in alone if place not in known]
        places += [(rolled, place) for place in places_in(self._way_back(base)).operations]
        acts = [rule.name for rule in (*self.migration.clients, *self.migration.readers)]
        entries = range(min(3, self.base.entries))
        scenarios = [
            replace(scenario, interrupt=(Interruption(Deed(act, which), *place),))
            for act in acts
            for scenario, place in places
            for which in entries
        ]
        return scenarios, f"{', '.join(acts) or 'nothing'} between any two of {len(places):,} operations"

    def _way_back(self, base: Scenario) -> list[Call]:
        """The requests of the rollback when the operator was done; none where none is declared."""
        if self.migration.way_back is None:
            return []
        forth, both = (
            [call for call in self.subject.simulate(one).calls if call.role == "operator"]
            for one in (base, replace(base, rollback="after"))
        )
        return both[len(forth) :]

    def _meetings(self) -> tuple[list[Scenario], str]:
        """Each act beside each request of the operator, and any two acts before it, of the same entry."""
        base = replace(self.base, entries=min(2, self.base.entries))
        requests = [name for name, _ in places_of(self.subject.simulate(base)).requests]
        changes = [Deed(rule.name) for rule in self.migration.clients]
        looks = [Deed(rule.name) for rule in self.migration.readers]
        pairs = [*combinations_with_replacement(changes, 2), *product(changes, looks)]
        scenarios = [
            replace(base, at_once=(Meeting(deeds, request),))
            for deeds in [*((one,) for one in (*changes, *looks)), *pairs]
            for request in requests
        ]
        acts = ", ".join(map(str, (*changes, *looks))) or "nothing"
        return scenarios, f"{acts} beside each of {len(requests):,} requests, and any two before it, in "

    def guided(self) -> Guided:
        """The search through random schedules, before it began."""
        clients, readers = (places_of(self.plain, role).requests for role in ("client", "reader"))
        others = Places([*clients, *readers[:8]])
        drawing = Drawing(
            self.base,
            Declared.of(self.migration),
            places_of(self.plain),
            places_in(self._way_back(self.base)),
            others,
            self.oddities,
            self._budgets(),
        )
        return Guided(self.subject, drawing, self.workforce)

    def _schedules(self) -> Part:
        guided = self.guided()
        if (checkpoint := self.checkpoint) is not None:
            if "schedules" in checkpoint.parts:
                guided.go_on(checkpoint.parts["schedules"])
            guided.on_generation = lambda: checkpoint.keep("schedules", guided.state())
        (seeds,) = self.seeds
        tally = guided.search(seeds, partial(self._told, "schedules"))
        return Part("schedules", self._schedules_said(guided.anew), tally, guided.visited, guided.anew)

    def _schedules_said(self, anew: int) -> str:
        seeds = ", ".join(f"{one.start:,} to {one.stop - 1:,}" for one in self.seeds)
        return f"random schedules, seeds {seeds}, {anew:,} of which met something new"

    def _budgets(self) -> dict[int, int]:
        """How many operations a request may have where listings are small, by how many keys these have.

        So many that as much is left as when there are many entries; or as little.
        """
        allowed = self.base.platform.allowance.operations
        if allowed is None:
            return {}

        def most(**small: Any) -> int:
            return max((call.operations for call in self._alone(**small).calls), default=0)

        large, budgets = most(entries=_MANY), {}
        for page in sorted({*parameters(Scenario)["page"].drawn}):
            needed = most(entries=_FEW, page=page)
            left = allowed - large
            budgets[page] = needed + left if left >= 0 else max(1, allowed * needed // large)
        return {page: budget for page, budget in budgets.items() if budget < allowed}

    def _alone(self, **members: Any) -> Record:
        """A run of the operator alone."""
        return self.subject.simulate(replace(self.base, **members))

    def unmet(self, parts: Sequence[Part]) -> list[str]:
        """What must have happened, and did not."""
        found = []
        if not any(part.tally.looked.requests for part in parts):
            found.append("nothing moves yet: the runbook sends no request")
        refused = {
            one.removeprefix(REFUSED) for part in parts for one in part.tally.met if one.startswith(REFUSED)
        }
        for one in sorted(refused)[:MOST_REFUSED]:
            found.append(f"the Worker asks the outside, and nothing says what it answers: {one}")
        for part in parts:
            looked = part.tally.looked
            missed = looked.planned - looked.fired
            if missed and (part.name != "schedules" or not looked.fired):
                found.append(f"{missed:,} of {looked.planned:,} planned {part.name} never happened")
            if part.name == "schedules" and looked.moved and looked.runs >= _ENOUGH:
                unmet = [name for name in due(self.plain, self.oddities) if not part.tally.met[name]]
                found += [f"schedules never met {name}" for name in unmet]
        return found
