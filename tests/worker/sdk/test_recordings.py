"""The SDK against recordings of the real one, on the real binding."""

from typing import Any

import pytest

from .recordings import cases, expected, names, play

pytestmark = pytest.mark.anyio

CASES = cases("kv") | cases("sdk")


@pytest.mark.parametrize("case", CASES)
async def test_recorded_sdk(case: str, env: Any) -> None:
    scope = names(env)
    for step in CASES[case]:
        answer = await play(step["code"], dict(scope))
        assert answer in expected(step), step["code"]
