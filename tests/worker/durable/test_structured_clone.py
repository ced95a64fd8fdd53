"""Copies of values: most are made without bytes, and come out as if they had been."""

import array
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


# By V8, in node 20.
WRITTEN: dict[str, Any] = {
    "ff0f4208000000000000e03f5646000800": array.array("d", [0.5]),
    "ff0f42040100feff5677000400": array.array("h", [1, -2]),
    "ff0f4201015642000100": b"\1",
}


@pytest.mark.parametrize("digits", WRITTEN)
def test_typed_arrays_keep_their_elements(digits: str) -> None:
    data = bytes.fromhex(digits)
    assert serialize(WRITTEN[digits]) == data
    assert [*deserialize(data)] == [*WRITTEN[digits]]


def test_errors_keep_their_name_and_their_text() -> None:
    written = bytes.fromhex(
        "ff0f72526d2203666172732201532e"
    )  # new RangeError("far") by V8, with "S" for a stack
    assert str(deserialize(written)) == "RangeError: far"
    assert str(clone([JsException("TypeError", "丸")])[0]) == "TypeError: 丸"
    assert str(clone(JsException("Own", "x"))) == "Error: x"


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
