"""A scenario as a TOML file."""

from pathlib import Path

import pytest

from harness.migrations.queue.simulation import plan
from harness.migrations.queue.simulation.plan import read_plan
from harness.migrations.queue.simulation.scenario import Scenario
from harness.parameters import ParameterError


def written(folder: Path, text: str) -> Path:
    path = folder / "plan.toml"
    path.write_text(text)
    return path


def test_a_file_says_the_same_as_a_line(tmp_path: Path) -> None:
    """The documented example, with a member more and a second fault."""
    assert plan.__doc__ is not None
    example = plan.__doc__.partition("\n\n")[2]
    text = f"seed = 7\n{example}\n[[fault]]\nkind = 'dropped'\nrequest = 'producer-1.1'\n"
    line = "seed=7 conditions=hostile tasks=4 odd=corrupt,metadata"
    faults = "faults=crash@operator-1.2:7,dropped@producer-1.1"
    assert read_plan(written(tmp_path, text)) == Scenario.read(f"{line} {faults}")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("tasks = ", "plan.toml is not a TOML file"),
        ("number = 3", "plan.toml: 'number' is not a member of a scenario"),
        ('tasks = "many"', "plan.toml: tasks is 'many': it must be a whole number"),
        ("tasks = -1", "plan.toml: tasks is -1: it must be from 0"),
        ('odd = ["strange"]', "plan.toml: odd is \\['strange'\\]: there is no 'strange'"),
        ('conditions = "mild"', "plan.toml: conditions is 'mild'"),
        ("fault = [3]", "fault is .*: a fault has kind, request"),
        ('[[fault]]\nkind = "crash"', "fault is .*: a fault has kind, request"),
        (
            '[[fault]]\nkind = "crash"\nrequest = "x"\nwhen = 1',
            "fault is .*: a fault has kind, request",
        ),
        ('[[fault]]\nkind = "crash"\nrequest = "x"', "plan.toml: fault is .*: 'crash@x' is not a fault"),
    ],
)
def test_parse_plan_refuses_an_invalid_plan(tmp_path: Path, text: str, error: str) -> None:
    with pytest.raises(ParameterError, match=error):
        read_plan(written(tmp_path, text))


@pytest.mark.parametrize(
    "text",
    ["tasks = 2.7", "tasks = true", "odd = 3", "odd = [3]", "odd = [[]]", "fault = 3", "conditions = [1]"],
)
def test_a_value_of_another_type_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ParameterError, match="plan.toml: "):
        read_plan(written(tmp_path, text))


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="cannot read .*none.toml: No such file"):
        read_plan(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b"x = '\xff'")
    with pytest.raises(ParameterError, match="latin.toml is not a TOML file"):
        read_plan(tmp_path / "latin.toml")
