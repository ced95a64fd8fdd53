"""What is diagnosed in a scenario, for tests."""

from collections.abc import Iterable

from harness.migrations.queue.hazards import Detector, Diagnosis
from tests.harness.queue.simulation.runs import run


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
