"""Scenarios as text, and by chance."""

from typing import get_args

import pytest

from harness.migrations.queue.simulation.drawing import draw
from harness.migrations.queue.simulation.scenario import Rollback, Scenario, Strategy
from harness.parameters import Number, ParameterError, parameters
from kvstore.conditions import CONDITIONS
from kvstore.faults import FAULTS, OPERATION, Fault, read_planned

BASES = [
    Scenario(conditions=conditions, migration=migration)
    for conditions in CONDITIONS
    for migration in ("documented", "safe")
]


def test_the_default_is_short() -> None:
    assert str(Scenario()) == "seed=1"
    assert Scenario.read("") == Scenario()


@pytest.mark.parametrize("base", BASES, ids=str)
def test_a_line_says_everything(base: Scenario) -> None:
    for seed in range(200):
        scenario = draw(seed, base)
        assert Scenario.read(str(scenario)) == scenario


def test_a_draw_keeps_what_the_base_says() -> None:
    base = Scenario(conditions="hostile", migration="safe", claims="coordinator")
    drawn = [draw(seed, base) for seed in range(100)]
    assert {(one.conditions, one.migration, one.claims) for one in drawn} == {
        ("hostile", "safe", "coordinator")
    }
    assert [one.seed for one in drawn] == list(range(100))
    assert {one.strategy for one in drawn} == {"zero-downtime"}


def test_draws_differ_and_repeat() -> None:
    drawn = [draw(seed, Scenario()) for seed in range(300)]
    assert drawn == [draw(seed, Scenario()) for seed in range(300)]
    assert {one.tasks for one in drawn} >= {0, 1, 2, 3, 4, 5, 6, 8, 12}
    assert {one.strategy for one in drawn} == set(get_args(Strategy))
    assert {one.rollback for one in drawn} == set(get_args(Rollback))
    assert {fault.kind for one in drawn for fault in one.faults} == set(FAULTS)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (
            "nonsense",
            "'nonsense' is not a member of a scenario: write name=value, with a name of after, again, aside",
        ),
        ("number=3", r"'number' is not a member of a scenario"),
        ("tasks", r"'tasks' is not a member of a scenario"),
        ("odd='corrupt", "is not a line of name=value: No closing quotation"),
        ("tasks=many", "tasks is 'many': it must be a whole number"),
        ("tasks=-1", "tasks is '-1': it must be from 0 to 100000"),
        ("tasks=100001", "tasks is '100001': it must be from 0 to 100000"),
        ("page=0", "page is '0': it must be from 1"),
        ("colos=5", "colos is '5': it must be from 1 to 4"),
        ("operators=0", "operators is '0': it must be from 1 to 4"),
        ("runs=0", "runs is '0': it must be from 1"),
        ("skew=-600001", "skew is '-600001': it must be from -600000"),
        ("conditions=mild", "conditions is 'mild': choose from local, production, free, hostile"),
        ("migration=fast", "migration is 'fast': choose from documented, safe"),
        ("strategy=hope", "strategy is 'hope': choose from steps, guide, zero-downtime"),
        ("claims=luck", "claims is 'luck': choose from kv, coordinator"),
        ("rollback=yes", "rollback is 'yes': choose from never, after, halfway"),
        ("odd=corrupt,strange", "there is no 'strange': choose from duplicate, dangling"),
        ("faults=crash@operator-1.2", "'crash@operator-1.2' is not a fault"),
    ],
)
def test_parse_scenario_refuses_an_invalid_scenario(text: str, error: str) -> None:
    with pytest.raises(ParameterError, match=error):
        Scenario.read(text)


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_is_its_text(kind: str) -> None:
    fault = Fault(kind, 7 if kind in OPERATION else 0, "operator-1.2")
    assert str(fault) == f"{kind}@operator-1.2" + (":7" if fault.at else "")
    assert read_planned(str(fault)) == fault


@pytest.mark.parametrize(
    "text",
    [
        "",
        "crash",
        "crash@",
        "crash@operator-1.2",
        "crash@operator-1.2:",
        "crash@operator-1.2:0",
        "crash@operator-1.2:x",
        "crash@:7",
        "dropped@producer-1.1:3",
        "breakdown@daemon-1.1:3",
        "sleep@operator-1.2:7",
    ],
)
def test_parse_scenario_refuses_an_invalid_fault(text: str) -> None:
    with pytest.raises(ValueError, match="is not a fault: write crash\\|refused"):
        read_planned(text)


def test_a_budget_replaces_that_of_the_conditions() -> None:
    assert Scenario(conditions="free").platform == CONDITIONS["free"]
    platform = Scenario(conditions="free", budget=20).platform
    assert platform.allowance.operations == 20
    assert platform.allowance.writes_per_day == CONDITIONS["free"].allowance.writes_per_day


def test_the_smaller_scenario_has_fewer_faults_then_tasks_then_people() -> None:
    fault = Fault("dropped", 0, "operator-1.2")
    by_size = [
        Scenario(tasks=1),
        Scenario(tasks=1, colos=2),
        Scenario(tasks=1, daemons=1),
        Scenario(tasks=2, leases=0),
        Scenario(tasks=0, faults=(fault,)),
    ]
    assert sorted(by_size, key=lambda one: one.size) == by_size


@pytest.mark.parametrize(
    "name", [name for name, one in parameters(Scenario).items() if isinstance(one, Number)]
)
def test_every_number_has_its_bounds(name: str) -> None:
    one = parameters(Scenario)[name]
    assert isinstance(one, Number)
    for value in (one.least - 1, one.most + 1, 10**30):
        with pytest.raises(ParameterError, match=f"{name} is .*: it must be from {one.least} to {one.most}"):
            Scenario.read(f"{name}={value}")
    assert getattr(Scenario.read(f"{name}={one.most}"), name) == one.most


def test_faults_have_another_name() -> None:
    line = "crash@operator-1.2:7,dropped@producer-1.1"
    assert Scenario.read(f"faults={line}") == Scenario.read(f"faults={line}")
