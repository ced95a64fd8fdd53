"""What is diagnosed in a scenario, for tests."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

import pytest

from harness.migrations.queue.hazards import Detector, Diagnosis
from tests.harness.queue.simulation.runs import run

# A detector, the line of a scenario, and the keys and the sentence of what it finds there.
Case: TypeAlias = tuple[Detector, str, tuple[str, ...], str]


def found_in(cases: Sequence[Case]) -> Callable[..., None]:
    """A test of what is found in each case."""

    @pytest.mark.parametrize(("detect", "line", "keys", "what"), cases, ids=[line for _, line, *_ in cases])
    def test(detect: Detector, line: str, keys: tuple[str, ...], what: str) -> None:
        diagnosis = found(detect, line)
        assert diagnosis is not None
        assert (diagnosis.keys, diagnosis.what) == (keys, what)

    return test


def silent_in(cases: Sequence[tuple[Detector, str]]) -> Callable[..., None]:
    """A test that nothing is found in any case."""

    @pytest.mark.parametrize(("detect", "line"), cases, ids=[line for _, line in cases])
    def test(detect: Detector, line: str) -> None:
        assert found(detect, line) is None

    return test


def found(detect: Detector, line: str) -> Diagnosis | None:
    """What one detector says of the scenario of a line."""
    return detect(run(line))


def first_found(detect: Detector, line: str, seeds: Iterable[int] = range(1, 81)) -> Diagnosis:
    """The same of the first of some seeds in which it says anything."""
    for seed in seeds:
        diagnosis = detect(run(f"seed={seed} {line}"))
        if diagnosis is not None:
            return diagnosis
    raise AssertionError(f"no seed shows it: {line}")


def told(diagnosis: Diagnosis) -> list[str]:
    """The evidence without its moments: ``operator-1.2 put queue:task:slack_000``."""
    return [f"{moment.who} {moment.what}" for moment in diagnosis.moments]
