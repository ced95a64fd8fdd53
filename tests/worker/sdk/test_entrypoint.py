"""The classes that a Worker derives its own from."""

from typing import Any

import js
import pytest

from worker.sdk import DurableObject, Request, WorkerEntrypoint, WorkflowEntrypoint, handler


@pytest.mark.parametrize("base", [WorkerEntrypoint, DurableObject, WorkflowEntrypoint])
def test_base_keeps_context_and_environment(base: Any) -> None:
    made = base("ctx", "env")
    assert (made.ctx, made.env) == ("ctx", "env")


def test_handler_converts_the_request() -> None:
    @handler
    def on_fetch(request: Any, env: Any) -> Any:
        return request

    assert isinstance(on_fetch(js.Request.new("https://e.com"), None), Request)
    assert on_fetch("event", None) == "event"
