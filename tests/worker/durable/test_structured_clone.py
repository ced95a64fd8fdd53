"""Copies of values: most are made without bytes, and come out as if they had been."""

from datetime import UTC, datetime
from typing import Any

import pytest

from kvstore.javascript.values import UNDEFINED, JsMap
from worker.durable.structured_clone import clone, deserialize, serialize
from worker.sdk.ffi.errors import JsException

VALUES = [
    *(None, True, UNDEFINED, 0, -5, 2**31, 2**53 - 1, -(2**53) + 1, 1.0, 1.5, "", "x", "é", "丸", "\ud800"),
    *([], {}, [1, [None, "a"]], {"b": 1, "10": [2], "2": {"a": None}}, [UNDEFINED], {"a": 1.0}),
    *(JsMap({"a": 1}), {"when": datetime(2024, 1, 2, tzinfo=UTC)}, {1, 2}, [b"ab"]),
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_clone_is_what_comes_back_from_bytes(value: Any) -> None:
    assert repr(clone(value)) == repr(deserialize(serialize(value)))


def test_clone_shares_nothing_with_the_value() -> None:
    value: dict[str, Any] = {"list": [1, {"a": []}]}
    copy = clone(value)
    value["list"][1]["a"].append(2)
    assert copy == {"list": [1, {"a": []}]}


def test_clone_keeps_what_appears_twice_one() -> None:
    inner = [1]
    first, second = clone([inner, inner])
    assert first is second
    assert first is not inner


def test_clone_of_what_contains_itself_does_so_too() -> None:
    ring: list[Any] = []
    ring.append(ring)
    copy = clone(ring)
    assert copy[0] is copy


def test_clone_refuses_functions_wherever_they_are() -> None:
    for value in (print, [print], {"a": [print]}):
        with pytest.raises(JsException, match="could not be cloned"):
            clone(value)
