"""The SDK against recordings of the real one, on the real binding."""

from typing import Any

import pytest

from .recordings import Case, cases, expected, names, play

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
async def test_recorded_sdk(case: Case, env: Any) -> None:
    scope = names(env)
    for step in case.steps:
        answer = await play(step["code"], dict(scope))
        assert answer in expected(step), step["code"]


def test_recordings_are_there() -> None:
    assert {case.area for case in cases()} == {"kv", "sdk"}
