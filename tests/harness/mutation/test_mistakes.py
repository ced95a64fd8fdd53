"""Which small mistakes are made in a Worker's code."""

import ast
from pathlib import Path

import pytest

from harness.migrations.queue.worker import QUEUE_WORKER
from harness.mutation.mistakes import RULES, mistakes
from harness.mutation.results import drawn, mutants_in
from harness.system.files import JAVASCRIPT as JAVASCRIPT_FILES
from harness.system.files import PYTHON, source_files
from harness.system.javascript.grammar import first_error, parsed, text_of
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


JAVASCRIPT = {
    "comparison": ("f = (a) => a.b !== 'x';", "f = (a) => a.b === 'x';"),
    "constant": ("const LIMIT = 86_400;", "const LIMIT = 86401;"),
    "arithmetic": ("f = (a, b) => a / b;", "f = (a, b) => a * b;"),
    "min or max": ("f = (a, b) => Math.min(a, b);", "f = (a, b) => Math.max(a, b);"),
    "and or": ("f = (a, b) => a && b;", "f = (a, b) => a || b;"),
    "negation": ("g = (a) => a.filter((x) => x.is(1));", "g = (a) => a.filter((x) => !(x.is(1)));"),
    "None or falsy": ("f = (a) => a === null;", "f = (a) => !(a);"),
    "statement left out": ("async (kv) => { await kv.delete('a'); }", "async (kv) => { ; }"),
    "await left out": ("async (kv) => { await kv.delete('a'); }", "async (kv) => { kv.delete('a'); }"),
    "arguments swapped": ("new Response(null, { status: 204 });", "new Response({ status: 204 }, null);"),
    "another key": (
        "const old = 'a:', now = 'b:'; f = (x) => `${old}${x}`;",
        "now = 'b:'; f = (x) => `${now}",
    ),
    "exception swallowed": ("try { f(); } catch (e) { throw e; }", "try { f(); } catch (e) { ; }"),
    "statements exchanged": ("{ a.do(); b.do(); }", "{ b.do(); a.do(); }"),
    "expiration": ("kv.put(a, b, { expiration });", "kv.put(a, b, { expirationTtl: expiration });"),
    "metadata": ("kv.put(a, b, { metadata: m, ...o });", "kv.put(a, b, {  ...o });"),
    "cursor": ("({ done: true, cursor: page.cursor });", "({ done: true });"),
    "list limit": ("kv.list({ prefix, limit: 10 });", "kv.list({ prefix });"),
    "list prefix": ("kv.list({ prefix, limit: 10 });", "kv.list({  limit: 10 });"),
    "SQL condition": ("d.prepare(`DELETE FROM t WHERE a = ${x} AND b`);", "d.prepare(`DELETE FROM t`);"),
    "SQL conflict": ("'INSERT OR IGNORE INTO t VALUES (?)';", "'INSERT OR REPLACE INTO t VALUES (?)';"),
    "SQL assignment": ('d.prepare("UPDATE t SET a = ?, b = ?");', 'd.prepare("UPDATE t SET b = ?");'),
    "options left out": ("kv.put(a, b, { ...more });", "kv.put(a, b, {  });"),
}
BOARD = LINKS.parent / "board" / "careful" / "src"


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(("file", "table"), [("entry.py", CODE), ("index.ts", JAVASCRIPT)])
def test_every_rule_makes_its_mistake(file: str, table: dict[str, tuple[str, str]], rule: str) -> None:
    code, wanted = table[rule]
    made = [one.diff(code)[1] for one in mistakes(file, code) if one.rule == rule]
    assert any(wanted in one for one in made), made


@pytest.mark.parametrize(
    "folder", [LINKS / "careful" / "src", QUEUE_WORKER / "src" / "taskqueue" / "migration", BOARD]
)
def test_every_mistake_is_another_program(folder: Path) -> None:
    mutants = mutants_in(folder, source_files(folder, PYTHON + JAVASCRIPT_FILES))
    assert len(mutants) > 100
    for one in drawn(mutants, 40, seed=1):
        text = (folder / one.file).read_text()
        assert shape(one.file, one.applied(text)) != shape(one.file, text), one


def shape(file: str, code: str) -> str:
    """The syntax tree of a file that is valid."""
    if file.endswith(".py"):
        return ast.dump(ast.parse(code))
    root = parsed(code.encode(), ".js")
    assert first_error(root) is None, code
    waiting, found = [root], []
    while waiting:
        node = waiting.pop()
        found.append(node.type if node.children else f"{node.type} {text_of(node)}")
        waiting += node.children
    return " ".join(found)


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ("f(a ?? b);", "f(((a) || (b)));"),
        ("f(a || b);", "f(((a) ?? (b)));"),
        ("f(a?.b);", "f(a.b);"),
        ("f(a?.[0]);", "f(a[0]);"),
        ("f(a !== undefined);", "f(a !== null);"),
        ("while (!page.done) f();", "while ((page.done) == null) f();"),
        ("if (await kv.get(x)) f();", "if ((await kv.get(x)) != null) f();"),
    ],
)
def test_what_is_absent_in_javascript_is_null_undefined_or_false(code: str, wanted: str) -> None:
    assert wanted in [one.diff(code)[1] for one in mistakes("a.js", code) if one.rule == "None or falsy"]


def test_types_imports_and_comments_have_no_mistakes() -> None:
    code = """
        import { A, B } from "./keys:";
        interface Link { kind: 1 | 2; url?: "a:" }
        type Both = Link & { n: 3 };
        export function read<T extends 4>(x: T | "b:", y = x as 5): x is 6 { /* 7 */ }
        enum Kind { One = 8 }
    """
    assert mistakes("types.ts", code) == []


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ('import { OLD, NEW as FRESH } from "./keys.js";\nf(OLD);', {"f(FRESH);"}),
        ('import * as keys from "./keys";\nf(keys.a, keys.b);', {"f(keys.b, keys.b);", "f(keys.a, keys.a);"}),
        ("const keys = [];\nkeys.push(1); keys.map(f);", set()),
        ("f(`aa:${x}`, `bb:${x}`);", {"f(`bb:${x}`, `bb:${x}`);", "f(`aa:${x}`, `aa:${x}`);"}),
    ],
)  # fmt: skip
def test_keys_of_javascript_are_taken_for_others_of_their_kind(code: str, wanted: set[str]) -> None:
    assert {one.diff(code)[1] for one in mistakes("a.js", code) if one.rule == "another key"} == wanted


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
        mutants_in(tmp_path, [tmp_path / "entry.py"])


def test_texts_that_are_no_sql_are_left_alone() -> None:
    code = "TEXT = 'this AND that, WHERE a = 1'\n"
    assert not [one for one in mistakes("entry.py", code) if one.rule.startswith("SQL")]


def test_positions_are_right_in_source_with_multibyte_characters() -> None:
    for file, code in (("entry.py", "x = 'é漢🎉', a < 3\n"), ("a.js", "x = ['é漢🎉', a < 3];\n")):
        made = [one.applied(code) for one in mistakes(file, code) if one.rule == "comparison"]
        assert code.replace("<", "<=") in made


def test_annotations_and_docstrings_are_left_alone() -> None:
    code = 'def f(a: "int < 3" = None) -> "3":\n    """Text."""\n'
    assert mistakes("entry.py", code) == []


def test_the_same_seed_draws_the_same_mistakes() -> None:
    folder = LINKS / "careful" / "src"
    mutants = mutants_in(folder, source_files(folder, PYTHON))
    assert drawn(mutants, 10, 7) == drawn(list(reversed(mutants)), 10, 7) != drawn(mutants, 10, 8)


def test_a_mistake_does_not_fit_another_file() -> None:
    one = mistakes("entry.py", "LIMIT = 90\n")[0]
    with pytest.raises(ValueError, match="has changed meanwhile"):
        one.applied("LIMIT = 91\n")
