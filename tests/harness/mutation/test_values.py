"""Which mistakes would change a value, found out while the right code is carried out."""

import ast
import asyncio
import warnings
from typing import Any

import pytest

from harness.mutation.mistakes import mistakes
from harness.mutation.python.syntax import Syntax
from harness.mutation.python.values import CHANGED, HELPERS, compare, looking


def compared(code: str, rule: str, *given: Any) -> dict[str, bool | None]:
    """Whether each mistake of a rule, by its line, changes a value in ``f(*given)``; None if not compared."""
    made = dict(enumerate(one for one in mistakes("entry.py", code) if one.rule == rule))
    syntax = Syntax(code)
    done = compare(syntax, made, looking([syntax.tree]))
    space: dict[str, Any] = {}
    exec(f"{HELPERS}\n{ast.unparse(ast.fix_missing_locations(syntax.tree))}", space)
    right: dict[str, Any] = {}
    exec(code, right)
    results = [each["f"](*given) for each in (space, right)]
    one, other = (asyncio.run(each) if asyncio.iscoroutine(each) else each for each in results)
    assert one == other
    return {each.diff(code)[1]: at in space[CHANGED] if at in done else None for at, each in made.items()}


@pytest.mark.parametrize(
    ("given", "or_equal", "reversed_"), [((1, 3), False, True), ((3, 3), True, True), ((4, 3), False, True)]
)
def test_a_value_is_another_one_or_is_not(given: tuple[int, int], or_equal: bool, reversed_: bool) -> None:
    found = compared("def f(a, b):\n    return a < b\n", "comparison", *given)
    assert found == {"return a <= b": or_equal, "return a >= b": reversed_}


def test_of_a_condition_it_only_matters_whether_it_is_true() -> None:
    code = "def f(a):\n    if a:\n        return 1\n"
    assert compared(code, "None or falsy", [1]) == {"if (a) is not None:": False}
    assert compared(code, "None or falsy", []) == {"if (a) is not None:": True}


def test_true_is_not_one_and_the_order_of_members_counts() -> None:
    assert compared("def f(a):\n    return a and True\n", "and or", 1)["return a or True"]
    assert compared("def f(a):\n    return {'x': 1, 'y': 2}\n", "constant", 1)["return {'x': 2, 'y': 2}"]


def test_what_has_effects_is_evaluated_once() -> None:
    code = "async def f(asked):\n    return await g(asked) is None\n"
    code += "async def g(asked):\n    asked.append(1)\n    return ''\n"
    asked: list[int] = []
    assert compared(code, "None or falsy", asked) == {"return not (await g(asked))": True}
    assert len(asked) == 2  # by the code as it is, and by the one that compares


def test_what_is_awaited_is_not_called_for_a_mistake_in_its_arguments() -> None:
    code = "A, B = 'a:', 'b:'\nasync def get(key):\n    return key\n"
    code += "async def f(name):\n    return await get(A + name)\n"
    with warnings.catch_warnings(action="error"):
        assert compared(code, "another key", "x") == {"return await get(B + name)": True}


@pytest.mark.parametrize(
    "code",
    [
        "def f(a):\n    return a.pop() and 2\n",
        "async def f(a):\n    return a and await a\n",
        "def g(a):\n    a.x = 1\n    return a\ndef f(a):\n    return g(a) and 2\n",
        "def f(a):\n    return (b := a) and 2\n",
    ],
)
def test_what_may_have_effects_is_not_compared(code: str) -> None:
    made = dict(enumerate(mistakes("entry.py", code)))
    syntax = Syntax(code)
    done = compare(syntax, made, looking([syntax.tree]))
    assert all(at not in done for at, one in made.items() if one.rule == "and or" and "(" in one.after)


def test_a_function_of_the_worker_that_only_looks_is_called_twice() -> None:
    code = "def held(now, end):\n    return now < end\ndef f(a, b):\n    return held(a, b) and b\n"
    assert compared(code, "and or", 1, 2)["return held(a, b) or b"]


def test_a_mistake_that_raises_is_another_value() -> None:
    assert compared("def f(a):\n    return a is None or a > 2\n", "and or", None)[
        "return a is None and a > 2"
    ]
    assert compared("def f(a):\n    return a is None or a > 2\n", "and or", None)["return (a > 2)"]


def test_the_branch_that_is_taken_is_the_same_in_comprehensions() -> None:
    code = "def f(a):\n    return [x for x in a if x > 2]\n"
    assert compared(code, "comparison", [1, 3]) == {
        "return [x for x in a if x >= 2]": False,
        "return [x for x in a if x <= 2]": True,
    }
