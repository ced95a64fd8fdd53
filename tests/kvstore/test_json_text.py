"""JSON as V8 reads and writes it. Expected texts were taken from a real JSON.parse and JSON.stringify."""

from typing import Any

import pytest

from kvstore import KVNamespace, ManualClock, SqliteStore
from kvstore.errors import KVSyntaxError, KVTypeError
from kvstore.javascript.json_text import parse, stringify
from kvstore.javascript.values import UNDEFINED, BigInt

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Unexpected end of JSON input"),
        ("nope", "Unexpected token 'o', \"nope\" is not valid JSON"),
        ("undefined", '"undefined" is not valid JSON'),
        ("[1,]", "Unexpected token ']', \"[1,]\" is not valid JSON"),
        ("{", "Expected property name or '}' in JSON at position 1 (line 1 column 2)"),
        ('{"a":1,}', "Expected double-quoted property name in JSON at position 7 (line 1 column 8)"),
        ('{"a" 1}', "Expected ':' after property name in JSON at position 5 (line 1 column 6)"),
        ('{"a":1,"b" 1}', "Unexpected number in JSON at position 11 (line 1 column 12)"),
        ("[1 2]", "Expected ',' or ']' after array element in JSON at position 3 (line 1 column 4)"),
        ("1 2", "Unexpected non-whitespace character after JSON at position 2 (line 1 column 3)"),
        ('{"id": "broken', "Unterminated string in JSON at position 14 (line 1 column 15)"),
        ('"\\', "Unexpected end of JSON input"),
        ('\n"a\nb"', "Bad control character in string literal in JSON at position 3 (line 2 column 3)"),
        ("01", "Unexpected number in JSON at position 1 (line 1 column 2)"),
        ("-", "No number after minus sign in JSON at position 1 (line 1 column 2)"),
        (
            "this is a longer text than twenty one",
            "Unexpected token 'h', \"this is a l\"... is not valid JSON",
        ),
        ("[1,2,3,4,5,6,7,8,9,10,11,x]", "Unexpected token 'x', ...\"8,9,10,11,x]\" is not valid JSON"),
    ],
)
def test_parse_fails_in_v8s_words(text: str, message: str) -> None:
    with pytest.raises(KVSyntaxError) as caught:
        parse(text)
    assert caught.value.message == message


@pytest.mark.parametrize("text", ["NaN", "Infinity", "[-Infinity]", '{"a":NaN}', "\ufeff1", "1_0", "'a'"])
def test_parse_refuses_what_python_would_take(text: str) -> None:
    with pytest.raises(KVSyntaxError):
        parse(text)


def test_parse_reads_numbers_as_doubles() -> None:
    assert parse("9007199254740993") == 9007199254740992.0
    assert parse("1" + "0" * 400) == float("inf")


def test_parse_puts_index_like_members_first() -> None:
    assert list(parse('{"b":1,"10":2,"2":3,"01":4,"4294967295":5}')) == ["2", "10", "b", "01", "4294967295"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": UNDEFINED, "b": [UNDEFINED, float("nan")], 2: 1, 1: 2}, '{"1":2,"2":1,"b":[null,null]}'),
        (5.0, "5"),
        (1e21, "1e+21"),
        (1e-7, "1e-7"),
        (-0.0, "0"),
        ("\ud800é\u001f", '"\\ud800é\\u001f"'),
        (lambda: 1, UNDEFINED),
        ({"a": {}, "b": []}, '{"a":{},"b":[]}'),
    ],
)
def test_stringify(value: Any, text: Any) -> None:
    assert stringify(value) == text


def test_stringify_indents() -> None:
    assert stringify([{"a": [1]}, {}], indent="  ") == '[\n  {\n    "a": [\n      1\n    ]\n  },\n  {}\n]'


def test_stringify_refuses_bigint_and_circles() -> None:
    with pytest.raises(KVTypeError, match="Do not know how to serialize a BigInt"):
        stringify([BigInt(1)])
    circle: list[Any] = []
    circle.append({"p": circle})
    with pytest.raises(KVTypeError) as caught:
        stringify({"outer": circle})
    assert caught.value.message == (
        "Converting circular structure to JSON\n"
        "    --> starting at object with constructor 'Array'\n"
        "    |     index 0 -> object with constructor 'Object'\n"
        "    --- property 'p' closes the circle"
    )


async def test_a_put_writes_its_metadata_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kvstore.storage.storage.stringify", None)
    kv = KVNamespace(SqliteStore.in_memory(ManualClock(1_800_000_000_000)))
    await kv.put("a", "1", {"metadata": {"b": [1.5], "1": "é"}})
    assert (await kv.getWithMetadata("a"))["metadata"] == {"1": "é", "b": [1.5]}
