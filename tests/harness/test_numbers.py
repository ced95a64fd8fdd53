"""Numbers on a command line: what is beyond any sense is refused, with the bound."""

import pytest

from harness.cli.rehearse import main
from harness.terminal.exit_codes import USAGE

HUGE = ("1e30", "1" * 30, "1" * 5000, "²", "nan", "-1" + "0" * 30)
FLAGS = {
    "queue": ("--seeds", "--jobs", "--runs", "--seed"),
    "codeq": ("--tasks", "--freeze", "--deadline", "--deliver", "--lease-seconds", "--seed"),
}


@pytest.mark.parametrize("value", HUGE, ids=lambda value: value[:6] + str(len(value)))
@pytest.mark.parametrize(
    ("command", "flag"), [(name, flag) for name, flags in FLAGS.items() for flag in flags]
)
def test_a_number_beyond_its_bound_is_refused(
    command: str, flag: str, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main([command, f"{flag}={value}"])
    assert caught.value.code == USAGE
    said = capsys.readouterr().err.splitlines()[-1]
    assert f"argument {flag}: " in said
    assert " to " in said
    assert len(said) < 250


@pytest.mark.parametrize("seeds", ["1-10" + "0" * 30, "0-99999999999", "5-1", "0", "100000000", "a-b"])
def test_seeds_that_no_search_takes_are_refused(seeds: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["queue", "--explore", "schedules", "--seeds", seeds])
    assert "argument --seeds: " in capsys.readouterr().err


def test_more_processes_than_any_machine_has_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["queue", "--explore", "schedules", "--jobs", "100000"])
    assert "'100000' is not a whole number from 1 to 256" in capsys.readouterr().err
