import pytest

from worker.config import ConfigError
from worker.config.files.dotenv import expand, parse_dotenv


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("A=1\r\nB=2\rC=3", {"A": "1", "B": "2", "C": "3"}),
        ("\ufeffA=1", {"A": "1"}),
        ("export A=1\nexport=2\nexport B", {"A": "1", "export": "2"}),
        ("A: 1\nB:2\nC : 3", {"A": "1"}),
        ("A =  spaced \t\n  B=2", {"A": "spaced", "B": "2"}),
        ("A=x # comment\nB=x#y\nC=#z\n# D=1", {"A": "x", "B": "x", "C": ""}),
        ('A="x # y" # comment', {"A": "x # y"}),
        ("A=\nB=2", {"A": "", "B": "2"}),
        ("A=1\nB=2\nA=3", {"A": "3", "B": "2"}),
        ("Q\nÜ=1\na b=1\n1Z=1\na.b-c=2", {"1Z": "1", "a.b-c": "2"}),
        ("A=a=b", {"A": "a=b"}),
        (r'A="a\nb\rc"', {"A": "a\nb\rc"}),
        (r"A='a\nb'", {"A": r"a\nb"}),
        ('A=`it\'s "both"`', {"A": 'it\'s "both"'}),
        ('A="one\ntwo"\nB=3', {"A": "one\ntwo", "B": "3"}),
        ('A="one\ntwo', {"A": '"one'}),
        (r'A="say \"hi\""', {"A": r"say \"hi\""}),
        ('A="x" y', {"A": '"x" y'}),
        ("A=\n'next line'\n", {"A": "next line"}),
    ],
)
def test_parse_takes_dotenv_syntax(text: str, values: dict[str, str]) -> None:
    assert parse_dotenv(text) == values


@pytest.mark.parametrize(
    ("value", "expanded"),
    [
        ("$X", "1"),
        ("${X}2", "12"),
        ("${NOPE}", ""),
        ("${NOPE:-default}", "default"),
        ("${NOPE-default}", "default"),
        ("${X:-default}", "1"),
        ("${X:+instead}", "instead"),
        ("${NOPE+instead}", ""),
        ("${NOPE:-$X}", "1"),
        ("a\\$X", "a$X"),
        ("5$", "5$"),
        ("$5", "$5"),
    ],
)
def test_expand_replaces_references(value: str, expanded: str) -> None:
    assert expand({"X": "1", "Y": value}, {})["Y"] == expanded


def test_expand_sees_only_earlier_values() -> None:
    assert expand({"A": "$B", "B": "2", "C": "$B"}, {}) == {"A": "", "B": "2", "C": "2"}


def test_expand_prefers_a_value_from_outside_unless_it_is_empty() -> None:
    assert expand({"A": "file", "B": "file"}, {"A": "outside", "B": ""}) == {"A": "outside", "B": "file"}


def test_expand_gives_dollar_signs_in_a_value_the_meaning_they_have_in_javascript() -> None:
    assert expand({"A": "a\\$\\$-", "B": "<$A>"}, {}) == {"A": "a$$-", "B": "<a$->"}


def test_expand_stops_at_values_that_lead_to_each_other() -> None:
    with pytest.raises(ConfigError, match='"A" cannot be expanded: its value leads to itself'):
        expand({"C": "\\$B", "B": "\\$C x", "A": "y$B"}, {})
