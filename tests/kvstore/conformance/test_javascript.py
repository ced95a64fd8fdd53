"""The text in which a value goes to workerd: V8 reads it as that value."""

from typing import Any

import pytest
from hypothesis import assume, given

from kvstore import KVError
from kvstore.javascript.json_text import stringify
from kvstore.javascript.values import UNDEFINED
from tests.worker.kvwire.rig import Rig

from .effort import effort
from .generated import VALUES
from .in_workerd import value_of
from .javascript import Inexpressible, source

pytestmark = [pytest.mark.anyio, pytest.mark.workerd]


def expressed(value: Any) -> str | None:
    try:
        return source(value)
    except Inexpressible:
        return None


def as_json(value: Any) -> Any:
    """JSON.stringify here, or the message of its refusal."""
    try:
        return stringify(value)
    except KVError as refused:
        return refused.message


def circle() -> list[Any]:
    items: list[Any] = [1]
    items.append({"again": items})
    return items


async def stringified(rig: Rig, text: str) -> Any:
    """JSON.stringify there, of the value of an expression."""
    outcome = await rig.worker.play("", "eval", [f"JSON.stringify({text})"])
    return outcome["error"]["message"] if "error" in outcome else value_of(outcome["result"])


@effort(few=100, many=4000)
@given(value=VALUES)
async def test_source_is_the_same_json_in_workerd(rig: Rig, value: Any) -> None:
    text = expressed(value)
    assume(text is not None)
    assert await stringified(rig, str(text)) == as_json(value)


async def test_source_ties_what_is_inside_of_itself(rig: Rig) -> None:
    tied = await rig.worker.play("", "eval", [f"((given) => given[1].again === given)({source(circle())})"])
    assert tied == {"result": True}
    assert await stringified(rig, source(circle())) == as_json(circle())


async def test_source_of_long_texts_and_buffers_is_short(rig: Rig) -> None:
    assert len(source(["é" * 1_000_000, bytes(1_000_000)])) < 100
    assert await stringified(rig, source("é" * 2000)) == as_json("é" * 2000)


@pytest.mark.parametrize("name", ["__proto__", "constructor", "\ud800"])
async def test_source_of_an_object_has_members_of_any_name(rig: Rig, name: str) -> None:
    assert await stringified(rig, source({name: UNDEFINED, "b": {name: 1}})) == as_json({"b": {name: 1}})


async def test_source_refuses_what_python_would_have_to_answer() -> None:
    with pytest.raises(Inexpressible, match="toJSON"):
        source([{"toJSON": lambda name: name}])
