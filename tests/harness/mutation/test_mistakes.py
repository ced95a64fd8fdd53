"""Which small mistakes are made in a Worker's code."""

import ast
from pathlib import Path

import pytest

from harness.migrations.queue.worker import QUEUE_WORKER
from harness.mutation.mistakes import RULES, mistakes
from harness.mutation.results import drawn, mutants_in
from harness.terminal.command import CannotStart
from tests.harness.declared.test_links import LINKS

CODE = {
    "comparison": ("async def f(a):\n    return a < 3\n", "return a <= 3"),
    "constant": ("LIMIT = 90\n", "LIMIT = 91"),
    "arithmetic": ("def f(a, b):\n    return a - b\n", "return a + b"),
    "min or max": ("def f(a, b):\n    return min(a, b)\n", "return max(a, b)"),
    "and or": ("def f(a, b):\n    return a and b\n", "return a or b"),
    "negation": ("def f(a):\n    if a:\n        g()\n", "if not (a):"),
    "None or falsy": ("def f(a):\n    return a is None\n", "return not (a)"),
    "statement left out": ("async def f(kv):\n    await kv.delete('a')\n", "pass"),
    "await left out": ("async def f(kv):\n    await kv.delete('a')\n", "kv.delete('a')"),
    "arguments swapped": ("def f(a, b):\n    return g(a, b)\n", "return g(b, a)"),
    "another key": ("OLD = 'a:'\nNEW = 'b:'\ndef f(x):\n    return OLD + x\n", "return NEW + x"),
    "exception swallowed": ("try:\n    f()\nexcept OSError:\n    raise\n", "pass"),
    "statements exchanged": ("def f(a, b):\n    a.do()\n    b.do()\n", "b.do()"),
    "expiration": ("def f(kv):\n    kv.put('a', 'b', expirationTtl=60)\n", "kv.put('a', 'b')"),
    "metadata": ("def f(kv, m):\n    kv.put('a', 'b', metadata=m)\n", "kv.put('a', 'b')"),
    "cursor": ("def f(page):\n    return {'done': True, 'cursor': page}\n", "return {'done': True}"),
    "list limit": ("def f(kv):\n    kv.list(limit=10)\n", "kv.list()"),
    "list prefix": ("def f(kv, p):\n    kv.list(prefix=p, limit=10)\n", "kv.list( limit=10)"),
    "SQL condition": (
        'SQL = "DELETE FROM t WHERE a = 1 AND b < ?"\n',
        'SQL = "DELETE FROM t WHERE a = 1 AND b <= ?"',
    ),
    "SQL conflict": (
        'A = "INSERT INTO t VALUES (?) ON CONFLICT (a) DO NOTHING"\nB = "DO UPDATE SET b = 1"\n',
        'A = "INSERT INTO t VALUES (?) ON CONFLICT (a) DO UPDATE SET b = 1"',
    ),
    "SQL assignment": ('SQL = f"UPDATE t SET a = max(1, 2), b = {x}"\n', 'SQL = f"UPDATE t SET b = {x}"'),
    "options left out": ("def f(kv, more):\n    kv.put('a', 'b', **more)\n", "kv.put('a', 'b')"),
}


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_makes_its_mistake(rule: str) -> None:
    code, wanted = CODE[rule]
    made = [one.diff(code)[1] for one in mistakes("entry.py", code) if one.rule == rule]
    assert wanted in made


@pytest.mark.parametrize(
    "folder", [LINKS / "careful" / "src", QUEUE_WORKER / "src" / "taskqueue" / "migration"]
)
def test_every_mistake_is_another_program(folder: Path) -> None:
    mutants = mutants_in(folder)
    assert len(mutants) > 100
    for one in drawn(mutants, 40, seed=1):
        text = (folder / one.file).read_text()
        assert ast.dump(ast.parse(one.applied(text))) != ast.dump(ast.parse(text)), one


def test_a_condition_of_sql_goes_as_a_whole() -> None:
    code = 'SQL = "SELECT a FROM t WHERE b = ? AND c > 1 ORDER BY d LIMIT 3"\n'
    made = {one.diff(code)[1] for one in mistakes("entry.py", code) if one.rule == "SQL condition"}
    assert made == {
        'SQL = "SELECT a FROM t ORDER BY d LIMIT 3"',
        'SQL = "SELECT a FROM t WHERE b = ? AND c > 1 ORDER BY d"',
        'SQL = "SELECT a FROM t WHERE b = ? OR c > 1 ORDER BY d LIMIT 3"',
        'SQL = "SELECT a FROM t WHERE b <> ? AND c > 1 ORDER BY d LIMIT 3"',
        'SQL = "SELECT a FROM t WHERE b = ? AND c >= 1 ORDER BY d LIMIT 3"',
    }


@pytest.mark.parametrize("code", [b"def (:\n", b"# caf\xe9\n"])
def test_a_file_that_is_not_python_is_named(code: bytes, tmp_path: Path) -> None:
    (tmp_path / "entry.py").write_bytes(code)
    with pytest.raises(CannotStart, match=r"entry\.py is not Python in UTF-8"):
        mutants_in(tmp_path)


def test_texts_that_are_no_sql_are_left_alone() -> None:
    code = "TEXT = 'this AND that, WHERE a = 1'\n"
    assert not [one for one in mistakes("entry.py", code) if one.rule.startswith("SQL")]


def test_positions_are_right_in_source_with_multibyte_characters() -> None:
    code = "def f(a):\n    return 'é漢🎉', a < 3\n"
    made = [one.applied(code) for one in mistakes("entry.py", code) if one.rule == "comparison"]
    assert "def f(a):\n    return 'é漢🎉', a <= 3\n" in made


def test_annotations_and_docstrings_are_left_alone() -> None:
    code = 'def f(a: "int < 3" = None) -> "3":\n    """Text."""\n'
    assert mistakes("entry.py", code) == []


def test_the_same_seed_draws_the_same_mistakes() -> None:
    mutants = mutants_in(LINKS / "careful" / "src")
    assert drawn(mutants, 10, 7) == drawn(list(reversed(mutants)), 10, 7) != drawn(mutants, 10, 8)


def test_a_mistake_does_not_fit_another_file() -> None:
    one = mistakes("entry.py", "LIMIT = 90\n")[0]
    with pytest.raises(ValueError, match="has changed meanwhile"):
        one.applied("LIMIT = 91\n")
