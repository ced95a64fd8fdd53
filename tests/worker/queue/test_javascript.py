"""How the queue Worker reads JSON: as JavaScript does, whatever Python's own limits are."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

import worker
from kvstore.errors import KVSyntaxError
from kvstore.javascript.json_text import parse, stringify

SOURCE = Path(worker.__file__).parent / "queue/src/taskqueue/javascript.py"
DEEP = 20_000


def _module() -> ModuleType:
    spec = importlib.util.spec_from_file_location("queue_javascript", SOURCE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


JAVASCRIPT = _module()
TEXTS = st.text(alphabet='[]{}:,"\\ \n\t\r0123456789.-+eEtruefalsnNaIity\ufeffü\ud83d', max_size=40)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def written(text: str) -> tuple[str | None, str | None]:
    """What is read of a text, and what a text nested too deep is read with; None where it is no JSON."""
    found: list[str | None] = []
    for reader in (JAVASCRIPT.parse, JAVASCRIPT._parse_deep):
        try:
            found.append(JAVASCRIPT.stringify(reader(text)))
        except ValueError:
            found.append(None)
    return found[0], found[1]


def expected(text: str) -> str | None:
    try:
        return str(stringify(parse(text)))
    except KVSyntaxError:
        return None


def inside(text: str) -> str:
    """A text within so many arrays and objects that Python's own reader gives up."""
    return '[{"a":' * DEEP + text + " } , 1 ]" * DEEP


@given(TEXTS | VALUES.map(json.dumps) | VALUES.map(lambda value: json.dumps(value, indent=1)))
def test_read_exactly_the_json_that_javascript_accepts(text: str) -> None:
    assert written(text) == (expected(text), expected(text))


@pytest.mark.parametrize(
    "text",
    ["[" * DEEP + "]" * DEEP, inside("1"), inside('{"b": "\\ud800", "c": 1' + "0" * 5000 + ', "d": -0}')],
)
def test_depth_and_size_are_no_limit(text: str) -> None:
    assert JAVASCRIPT.parse(text)


@pytest.mark.parametrize(
    "text", ["[" * DEEP, inside(""), inside("NaN"), inside("1") + "]", inside("{1:2}"), inside("[1 2]")]
)
def test_invalid_json_is_none_at_any_depth(text: str) -> None:
    assert written(text) == (None, None)
