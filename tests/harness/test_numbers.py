"""Numbers on a command line: what is beyond any sense is refused, with the bound."""

from collections.abc import Callable

import pytest

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
    command: str, flag: str, value: str, bad_usage: Callable[..., str]
) -> None:
    said = bad_usage(command, f"{flag}={value}").partition("error: ")[2]
    assert f"argument {flag}: " in said
    assert " to " in said
    assert len(said) < 250


@pytest.mark.parametrize("seeds", ["1-10" + "0" * 30, "0-99999999999", "5-1", "0", "100000000", "a-b"])
def test_seeds_that_no_search_takes_are_refused(seeds: str, bad_usage: Callable[..., str]) -> None:
    assert "argument --seeds: " in bad_usage("queue", "--explore", "schedules", "--seeds", seeds)


def test_more_processes_than_any_machine_has_are_refused(bad_usage: Callable[..., str]) -> None:
    said = bad_usage("queue", "--explore", "schedules", "--jobs", "100000")
    assert "'100000' is not a whole number from 1 to 256" in said
