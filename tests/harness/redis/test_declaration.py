"""A plan file that is not what it should be is refused with its line and its member."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.migrations.redis.planfile.declaration import Declaration, DeclarationError, read_declaration
from harness.migrations.redis.planfile.invariant import Invariant
from harness.migrations.redis.planfile.pattern import Pattern, Template, Unfilled

HEAD = 'source: "a:"\ntarget: "b:"\n'
RECORDS = "records: {key: tasks, id: field}\n"
TASKS = "keys:\n  - {from: tasks, to: tasks, type: hash}\n"


def rule(text: str) -> str:
    return f"{HEAD}{RECORDS}{TASKS}  - {{{text}}}\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("source: [", "line 1: not YAML"),
        (rule("from: x:{a}, to: x, type: set"), 'goes in quotes: {from: "queue:{q}", …}'),
        ("- a\n", "line 1: not members such as source, target, keys"),
        ('source: "a:"\n' + TASKS, "line 1: target is missing"),
        (HEAD + TASKS + "kees: []\n", "line 5: kees: no such member"),
        (HEAD + "keys: []\n", "line 3: keys: there is no rule"),
        (HEAD + "source: x\n" + TASKS, "line 3: source: it is there twice"),
        (
            rule("from: x, to: x, type: hash->set"),
            "line 6: keys[1].type: 'hash->set' is not one of string, hash",
        ),
        (rule("from: x, to: x"), "line 6: keys[1]: type is missing"),
        (
            rule("from: {id}, to: x, type: set"),
            "line 6: keys[1].from: not a text; put what has braces in it in",
        ),
        (rule('from: "x{a}{b}", to: x, type: set'), "two names without anything between them"),
        (rule('from: "x{a", to: x, type: set'), "has a brace that is not closed"),
        (rule('from: "x{a|lower}", to: x, type: set'), "a pattern has names alone"),
        (rule('from: x, to: "x{c}", type: set'), "line 6: keys[1].to: 'c' is not a name in from"),
        (rule("from: x, to: x, type: set->zset"), "type set->zset needs a score"),
        (rule('from: x, to: x, type: zset, score: "{record.a}"'), "type zset takes no score"),
        (rule("from: x, to: x, type: set, order: keep"), "keys[1].order: a set has no order to keep"),
        (rule("from: x, to: x, type: set, ttl: forever"), "'forever' is not one of keep, required, drop"),
        (rule('from: x, to: "x{record.a}", type: string'), "a string goes to one key"),
        (
            HEAD + 'keys:\n  - {from: x, to: "{record.a}", type: set}\n',
            "there are no records to take a member",
        ),
        (
            HEAD + "records: {key: other, id: field}\n" + TASKS,
            "line 3: records: no rule under keys is from 'other'",
        ),
        (HEAD + 'records: {key: "j:{id}", id: field}\n' + TASKS, "the key has names: say which of them"),
        (HEAD + "records: {key: tasks, id: x}\n" + TASKS, "'x' is neither 'field' nor a name in the key"),
        (HEAD + "records: {key: tasks, id: field, parse: xml}\n" + TASKS, "'xml' is not one of json, fields"),
        (
            HEAD + "records: {key: tasks, id: field, transform: no.py:f}\n" + TASKS,
            "records.transform: cannot read",
        ),
        (HEAD + "records: {key: tasks, id: field, transform: hook.py:f}\n" + TASKS, "has no function f"),
        (HEAD + TASKS + 'invariants: ["conservation: id"]\n', "line 5: invariants: there are no records"),
        (
            HEAD + RECORDS + TASKS + 'invariants: ["record.a"]\n',
            "line 6: invariants[0]: 'record.a' is neither",
        ),
        (HEAD + RECORDS + TASKS + 'invariants: ["record == 1"]\n', "a name alone, or record.MEMBER"),
    ],
)
def test_plan_errors_name_the_line(text: str, words: str, declare: Callable[[str], Declaration]) -> None:
    with pytest.raises(DeclarationError) as caught:
        declare(text)
    assert words in str(caught.value)
    assert "plan.yaml" in str(caught.value)


def test_a_plan_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match="cannot read the plan .*none.yaml: No such file"):
        read_declaration(tmp_path / "none.yaml")


def test_a_plan_of_one_text_or_another_is_not_the_same(declare: Callable[[str], Declaration]) -> None:
    text = HEAD + RECORDS + TASKS
    assert declare(text).digest == declare(text).digest != declare(text + "leave: [x]\n").digest


@pytest.mark.parametrize(
    ("template", "filled"),
    [
        ("q:{c|lower}:{record.priority|0}", "q:mail:3"),
        ("{record.a.b}", "x"),
        ("{record.none|0}:{record.empty|-}", "0:-"),
        ("{record.yes}", "true"),
        ("{record.half|upper}", "1.5"),
        ("{c|upper}", "MAIL"),
    ],
)
def test_a_template_is_filled(template: str, filled: str) -> None:
    record = {"priority": 3, "a": {"b": "x"}, "empty": "", "yes": True, "half": 1.5, "many": [1]}
    assert Template.read(template).fill({"c": "Mail"}, record) == filled


@pytest.mark.parametrize("template", ["{record.none}", "{record.empty}", "{record.many}", "{record.a}"])
def test_a_template_without_a_value_is_not_filled(template: str) -> None:
    record = {"empty": "", "many": [1], "a": {"b": 1}}
    with pytest.raises(Unfilled, match=template.strip("{}")):
        Template.read(template).fill({}, record)


def test_a_name_stands_for_no_colon() -> None:
    pattern = Pattern.read("q:{c}:{c}.{n}")
    assert pattern.match("q:a:a.1") == {"c": "a", "n": "1"}
    assert pattern.match("q:a:b.1") is pattern.match("q:a:b:a:b.1") is pattern.match("q::.1") is None


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("record.n <= 10", True),
        ("record.n > 10", False),
        ("record.n == 9.0", True),
        ("record.n != '9'", False),
        ("record.word|lower == c", True),
        ('record.word == "Mail"', True),
        ("record.word < 'Lail'", False),
        ("record.none|7 >= record.n", False),
    ],
)
def test_an_invariant_compares(text: str, held: bool) -> None:
    assert Invariant.read(text).holds({"c": "mail"}, {"n": 9, "word": "Mail"}) is held


@pytest.mark.parametrize(
    ("priority", "tier"), [("12", "9"), ("-3", "0"), ("4", "4"), ('"7"', "7"), ("2.5", "0"), ("null", "0")]
)
def test_a_number_is_moved_between_its_bounds(priority: str, tier: str) -> None:
    template = Template.read("pending:{record.priority|0..9|0}")
    assert template.fill({}, {"priority": json.loads(priority)}) == f"pending:{tier}"


def test_a_name_with_a_star_matches_colons() -> None:
    pattern = Pattern.read("q:{c*}:pending")
    assert pattern.match("q:a:b:pending") == {"c": "a:b"}
    assert Pattern.read("q:{c}:pending").match("q:a:b:pending") is None
