"""How a rehearsal reads what the Worker answers."""

import json
from typing import Any

import pytest

from harness.model.answers import read_body


@pytest.mark.parametrize(
    ("content", "body"),
    [
        ('{"a": [1, null]}', {"a": [1, None]}),
        (' \t["a"]\r\n', ["a"]),
        ("", ""),
        ("  ", "  "),
        ("Not found", "Not found"),
        ("1 2", "1 2"),
        ("\u00a01", "\u00a01"),
        ("\ufeff1", "\ufeff1"),
        ('{"a": 1', '{"a": 1'),
    ],
)
def test_an_answer_is_json_or_else_its_text(content: str, body: Any) -> None:
    assert read_body(content) == body


def test_a_long_answer_has_each_text_once() -> None:
    error = "Task slack_1: " + "too many " * 20_000
    body = read_body(json.dumps({"errors": [error], "tasks": {"errors": [error]}}))
    assert body == {"errors": [error], "tasks": {"errors": [error]}}
    assert body["errors"][0] is body["tasks"]["errors"][0]
