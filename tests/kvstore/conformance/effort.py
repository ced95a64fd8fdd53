"""How hard the generated tests try: the same few examples in every ordinary run, many new ones on request."""

import os

from hypothesis import HealthCheck, settings


def effort(few: int, many: int, steps: int = 50) -> settings:
    """Settings for ``few`` fixed examples, or for ``many`` random ones when UNDERSTUDY_FUZZ=deep is set.

    ``steps`` is the longest run of a state machine.
    """
    deep = os.environ.get("UNDERSTUDY_FUZZ") == "deep"
    return settings(
        max_examples=many if deep else few,
        derandomize=not deep,
        database=None,
        deadline=None,
        stateful_step_count=steps,
        suppress_health_check=list(HealthCheck),
    )
