"""python_to_rpc and python_from_rpc."""

from datetime import UTC, datetime
from typing import Any

import js
import pytest
from pyodide.ffi import ConversionError, JsException, jsnull, to_js

from kvstore.javascript.values import UNDEFINED, JsMap
from worker.sdk import Blob, FormData, Request, Response, python_from_rpc, python_to_rpc
from worker.sdk.ffi.crossing import unwrap, wrap
from worker.sdk.rpc import JsDict, plain_answer, plain_argument


@pytest.mark.parametrize(
    "value", [None, True, 5, 1.5, "x", [1, [None]], {"a": {"b": [None]}}, {1, 2}, 2**60, [], {}]
)
def test_plain_values_come_back(value: Any) -> None:
    assert python_from_rpc(python_to_rpc(value)) == value


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, 5, 1.5, 2.0, "x", 2**60, b"ab", {1, 2}, [1, [None]], JsDict({"a": JsDict()})),
        *({"b": 1, "10": [2], "2": {"a": None}}, {1: 2}, [{True: [1.0]}], {"a": {1.0: "x"}}),
    ],
)
def test_the_short_way_ends_where_the_long_one_does(value: Any) -> None:
    sent = plain_argument(value)
    assert repr(sent) == repr(unwrap(python_to_rpc(value)))
    assert _shown(plain_answer(sent)) == _shown(python_from_rpc(wrap(sent)))


@pytest.mark.parametrize("answer", [JsMap({"a": 1, 2.0: [2.0]}), UNDEFINED, [UNDEFINED, {"a": UNDEFINED}]])
def test_so_do_answers_that_no_argument_is(answer: Any) -> None:
    assert _shown(plain_answer(answer)) == _shown(python_from_rpc(wrap(answer)))


def _shown(value: Any) -> str:
    return repr(bytes(value)) if isinstance(value, memoryview) else f"{type(value)} {value!r}"


def test_rpc_passes_none_as_null() -> None:
    assert python_to_rpc(None) is jsnull
    assert python_to_rpc({"a": None}).a is jsnull
    assert python_to_rpc([None])[0] is jsnull


def test_bytes_come_back_as_memoryview() -> None:
    assert python_from_rpc(python_to_rpc(b"ab")) == memoryview(b"ab")


def test_time_is_a_date_in_whole_milliseconds() -> None:
    moment = datetime(2024, 1, 2, 3, 4, 5, 678999, tzinfo=UTC)
    date = python_to_rpc(moment)
    assert (date.constructor.name, date.toISOString()) == ("Date", "2024-01-02T03:04:05.678Z")
    back = python_from_rpc(date)
    assert back.tzinfo is None
    assert back.astimezone(UTC) == moment.replace(microsecond=678000)


def test_exception_is_an_error_and_comes_back_with_its_text() -> None:
    error = python_to_rpc(ValueError("x"))
    assert isinstance(error, JsException)
    assert repr(python_from_rpc(error)) == "Exception('Error: x')"


def test_objects_of_the_sdk_cross_as_what_they_stand_for() -> None:
    for value in (Response("x"), Request("https://e.com"), FormData({"a": "b"}), Blob("x")):
        proxy = python_to_rpc(value)
        assert proxy.constructor.name == type(value).__name__
        assert type(python_from_rpc(proxy)) is type(value)


def test_keys_become_text_and_a_tuple_is_none() -> None:
    assert python_from_rpc(python_to_rpc({True: 2, 1.5: 3, None: 4})) == {"true": 2, "1.5": 3, "undefined": 4}
    with pytest.raises(ConversionError, match=r"^Cannot use \('a',\) as a key for a Javascript Map$"):
        python_to_rpc({("a",): 1})


def test_integer_like_members_come_first() -> None:
    assert list(python_from_rpc(python_to_rpc({"b": 1, "10": 2, "2": 3}))) == ["2", "10", "b"]


def test_map_comes_back_as_dict_with_attributes() -> None:
    result = python_from_rpc(js.Map.new(to_js([["a", 1], ["keys", 2]])))
    assert (result, result.a, result["keys"]) == ({"a": 1, "keys": 2}, 1, 2)
    assert callable(result.keys)
