"""The search through random schedules: the same of the same seeds, and drawn to where something new is."""

from collections.abc import Callable
from typing import Any

import pytest

from harness.explore.coverage import met, signature
from harness.explore.search import searched
from harness.explore.workforce import Here, Processes
from harness.model.scenario import Scenario
from harness.rehearsal.progress import NoProgress, Walks
from harness.rehearsal.rehearsal import rehearse
from tests.harness.declared.declaring import subject_of
from tests.harness.declared.test_links import ENTRIES, LINKS

LINE = "seed=7 entries=3 colos=2 readers=1 clients=1"


def test_the_same_seeds_show_the_same_whoever_does_the_work() -> None:
    """There are several generations, each drawn from what those before it met."""
    subject = subject_of(LINKS / "naive.py", ENTRIES)
    crew = Processes(3)
    results = [
        rehearse(subject, ENTRIES, workforce, explore=("schedules",), seeds=range(1, 71))
        for workforce in (Here(), crew)
    ]
    crew.close()
    one, two = ([(part.what, part.tally) for part in result.parts] for result in results)
    assert one == two
    assert [damage.scenario for damage in results[0].damage] == [
        damage.scenario for damage in results[1].damage
    ]


def test_meeting_a_line_with_a_fault_is_new_coverage() -> None:
    subject = subject_of(LINKS / "migration.py", ENTRIES)
    plain, refused = (
        subject.simulate(Scenario.read(line)) for line in (LINE, f"{LINE} faults=refused@operator.1:3")
    )
    assert signature(refused, met(refused)) - signature(plain, met(plain))
    assert signature(plain, met(plain)) == signature(subject.simulate(Scenario.read(LINE)), met(plain))


def test_only_who_asks_is_told_what_each_scenario_met() -> None:
    subject = subject_of(LINKS / "migration.py", ENTRIES)
    scenarios = [Scenario(seed=seed, entries=1) for seed in (1, 2)]
    on_progress = lambda tally, of: None  # noqa: E731
    assert set(searched(subject, scenarios, Here(), on_progress, note=signature).noted) == set(scenarios)
    assert not searched(subject, scenarios, Here(), on_progress).noted


def test_a_search_meets_every_kind_of_fault() -> None:
    subject = subject_of(LINKS / "migration.py", ENTRIES)
    result = rehearse(
        subject, ENTRIES, Here(), explore=("schedules",), seeds=range(1, 101), conditions="free"
    )
    tally = result.parts[0].tally
    assert not result.damage
    assert tally.looked.fired > 50
    assert {"a crash", "an operation refused", "a time-out", "an outage", "an answer lost"} <= set(tally.met)


class Heard(NoProgress):
    """Who is told of a rehearsal: ``far`` is how far a part was when each finding came."""

    def __init__(self) -> None:
        self.invariants: list[str] = []
        self.far: list[tuple[int, int]] = []
        self._far: Callable[[], tuple[int, int]] = lambda: (0, 0)

    def found(self, invariant: str, what: str, scenario: object) -> None:
        self.invariants.append(invariant)
        self.far.append(self._far())

    def follow(self, what: str, done: Callable[[], int], of: int) -> None:
        self._far = lambda: (done(), of)


class Breaking(Here):
    """A workforce whose first job fails."""

    def do(self, work: Any, jobs: Any) -> Any:
        raise ZeroDivisionError


def test_findings_of_the_walk_are_shown_before_the_search_begins() -> None:
    heard = Heard()
    with pytest.raises(ZeroDivisionError):
        rehearse(subject_of(LINKS / "naive.py", ENTRIES), ENTRIES, Breaking(), on_progress=heard)
    assert "expiration" in heard.invariants


def test_walks_say_how_many_operations_are_done_and_how_many_there_will_be() -> None:
    heard = Heard()
    entries = {place: one for place, one in ENTRIES.items() if one.expiration is None}
    rehearse(subject_of(LINKS / "naive.py", entries), entries, Here(), explore=("walks",), on_progress=heard)
    done, of = heard._far()
    assert 0.8 * of < done < 1.25 * of


def test_what_walks_have_done_stays_known_when_their_processes_have_ended() -> None:
    under_way = iter([50, 0])
    small = subject_of(LINKS / "migration.py", ENTRIES).simulate(Scenario(entries=2))
    walks = Walks(lambda: next(under_way), small, 2)
    assert [walks.done(), walks.done()] == [50, 50]


def test_faults_befall_everybody() -> None:
    result = rehearse(subject_of(LINKS / "migration.py", ENTRIES), ENTRIES, Here(), explore=("crashes",))
    assert result.decision.verdict == "go", result.unmet
    assert "of clients and readers" in result.parts[0].what
    struck = {fault.partition("@")[2].partition(".")[0] for fault in result.parts[0].tally.fired}
    assert struck == {"operator", "client-1", "reader-1"}


@pytest.mark.parametrize(
    "line",
    [
        # The second run, or a sweep, does what a client's request began, who was never told what came of it.
        "seed=5361 entries=1 odd=no-metadata clients=1 faults=timeout@client-1.2:1",
        "seed=5020 entries=4 clients=1 rounds=1 faults=timeout@client-1.1:1",
        "seed=3692 conditions=hostile entries=4 clients=1 rounds=1 faults=unanswered@client-1.1:1",
        "seed=6597 conditions=free entries=12 spent=988 colos=3 clients=2 faults=outage@client-1.1:1",
    ],
)
def test_an_unknown_outcome_of_a_clients_request_is_no_finding(line: str) -> None:
    subject = subject_of(LINKS / "migration.py", ENTRIES)
    assert all(one.held for one in subject.judge(subject.simulate(Scenario.read(line))))
