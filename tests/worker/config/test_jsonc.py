import json
from typing import Any

import pytest

from worker.config.files.jsonc import JsoncFault, parse_jsonc


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('// a\n{ /* b */ "k" /* c */ : /* d */ 1 // e\n}', {"k": 1}),
        ('{"a": [1, 2,], "b": {"c": 3,},}', {"a": [1, 2], "b": {"c": 3}}),
        ('{"a": "// no /* comment */"}', {"a": "// no /* comment */"}),
        ('{"a": 1, "b": 2, "a": 3}', {"a": 3, "b": 2}),
        (r'["\"\\\/\b\f\n\r\t\u00e9", "\ud83d\ude00"]', ['"\\/\b\f\n\r\té', "😀"]),
        ("[true, false, null]", [True, False, None]),
        ("[0, -0, 1.0, 1e3, 2.50, -1E-2]", [0, 0, 1, 1000, 2.5, -0.01]),
        ("[1e400, 9007199254740993]", [None, 9007199254740992.0]),
        ('"\x7f\u2028"', "\x7f\u2028"),
    ],
)
def test_parse_takes_what_jsonc_allows(text: str, value: Any) -> None:
    assert parse_jsonc(text) == value


def test_parse_keeps_the_place_of_a_repeated_member() -> None:
    assert json.dumps(parse_jsonc('{"a": 1, "b": 2, "a": 3}')) == '{"a": 3, "b": 2}'


def test_parse_puts_integer_like_members_first() -> None:
    assert json.dumps(parse_jsonc('{"b": 1, "10": 2, "2": 3}')) == '{"2": 3, "10": 2, "b": 1}'


def test_parse_keeps_a_lone_surrogate() -> None:
    assert parse_jsonc(r'"\ud800"') == "\ud800"


@pytest.mark.parametrize(
    ("text", "code", "offset"),
    [
        ("", "ValueExpected", 0),
        ("\ufeff{}", "InvalidSymbol", 0),
        ('{"a": 1}}', "EndOfFileExpected", 8),
        ('{"a": 1 "b": 2}', "CommaExpected", 8),
        ('{"a" 1}', "ColonExpected", 5),
        ('{"a": 1', "CloseBraceExpected", 7),
        ("[1", "CloseBracketExpected", 2),
        ("[1,,2]", "ValueExpected", 3),
        ('{"a": 1,,}', "PropertyNameExpected", 8),
        ("{,}", "ValueExpected", 1),
        ("{5: 1}", "PropertyNameExpected", 1),
        ("{'a': 1}", "InvalidSymbol", 1),
        ('{"a" x}', "InvalidSymbol", 5),
        ("[+1]", "InvalidSymbol", 1),
        ("[-]", "InvalidSymbol", 1),
        ("[01]", "CommaExpected", 2),
        ("[1.]", "UnexpectedEndOfNumber", 1),
        ("[1e+]", "UnexpectedEndOfNumber", 1),
        ('["a\nb"]', "UnexpectedEndOfString", 1),
        ('["a', "UnexpectedEndOfString", 1),
        ('["\\', "UnexpectedEndOfString", 1),
        ('["\t"]', "InvalidCharacter", 1),
        (r'["\x"]', "InvalidEscapeCharacter", 1),
        (r'["\u12"]', "InvalidUnicode", 1),
        ("{} /* x", "UnexpectedEndOfComment", 3),
        ("{} /", "InvalidSymbol", 3),
    ],
)
def test_parse_names_the_first_fault(text: str, code: str, offset: int) -> None:
    with pytest.raises(JsoncFault) as caught:
        parse_jsonc(text)
    assert (caught.value.code, caught.value.offset) == (code, offset)


def test_parse_reports_the_last_fault_inside_a_string() -> None:
    with pytest.raises(JsoncFault, match="InvalidEscapeCharacter"):
        parse_jsonc('"\t\\x"')
