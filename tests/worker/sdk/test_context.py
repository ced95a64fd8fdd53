"""The current invocation."""

import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest
import workers

from worker.sdk.context import ExecutionContext, current
from worker.sdk.env import make_env
from worker.sdk.ffi.errors import JsException

pytestmark = pytest.mark.anyio


async def answer() -> int:
    return 42


async def test_wait_until_hands_the_awaitable_to_the_runtime(env: Any, spawned: list[Awaitable[Any]]) -> None:
    workers.wait_until(answer())
    workers.waitUntil(answer())
    assert [await pending for pending in spawned] == [42, 42]


def test_wait_until_ignores_what_is_settled(env: Any, spawned: list[Awaitable[Any]]) -> None:
    workers.wait_until(None)
    assert spawned == []


def test_wait_until_outside_an_invocation_is_refused() -> None:
    with (
        current(make_env({})),
        pytest.raises(JsException, match=r"^Error: Disallowed operation called within global scope."),
    ):
        workers.wait_until(None)


def test_context_remembers_pass_through_and_shows_props() -> None:
    context = ExecutionContext(lambda pending: None, {"user": "u"})
    context.passThroughOnException()
    assert context.passes_through
    assert context.props.user == "u"


def test_environment_is_current_only_inside(env: Any) -> None:
    assert workers.env.VAR == "text"
    with current(make_env({"VAR": "inner"})):
        assert workers.env.VAR == "inner"
        assert not hasattr(workers.env, "NUM")
    assert workers.env.VAR == "text"


async def test_concurrent_invocations_do_not_mix() -> None:
    seen: list[tuple[str, str]] = []
    turn = asyncio.Event()

    async def invocation(name: str) -> None:
        spawned: list[Awaitable[Any]] = []
        with current(make_env({"NAME": name}), ExecutionContext(spawned.append)):
            if name == "first":
                await turn.wait()
            else:
                turn.set()
            workers.wait_until(answer())
            seen.append((name, workers.env.NAME))
        assert [await pending for pending in spawned] == [42]

    await asyncio.gather(invocation("first"), invocation("second"))
    assert sorted(seen) == [("first", "first"), ("second", "second")]


def test_patch_env_overrides_and_restores(env: Any) -> None:
    with workers.patch_env({"VAR": "patched"}, EXTRA=7):
        assert (workers.env.VAR, workers.env.EXTRA, workers.env.NUM) == ("patched", 7, 5)
        assert env.VAR == "text"
    assert workers.env.VAR == "text"
    assert not hasattr(workers.env, "EXTRA")


def test_patch_env_restores_after_an_error(env: Any) -> None:
    with pytest.raises(KeyError), workers.patch_env([("VAR", "patched")]):
        raise KeyError
    assert workers.env.VAR == "text"
