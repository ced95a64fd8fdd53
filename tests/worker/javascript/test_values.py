"""Values between Workers in JavaScript and in Python."""

from typing import Any

import pytest

from worker.javascript.values import decode, encode
from worker.sdk.ffi.errors import JsException


def test_what_contains_itself_does_so_again() -> None:
    circle: list[Any] = ["a"]
    circle.append(circle)
    copy = decode(encode(circle))
    assert copy[0] == "a"
    assert copy[1] is copy


@pytest.mark.parametrize(
    "coded", [["set", [["object", [["a", 1]]]]], ["array", [["map", [[["array", []], 1]]]]]]
)
def test_what_python_cannot_hash_is_refused_by_name(coded: Any) -> None:
    with pytest.raises(JsException, match="A Set of objects, or a Map with objects for keys, cannot be sent"):
        decode(coded)
