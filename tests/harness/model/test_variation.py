"""Other values and longer lists are made of those that are there, and lists in each of their places."""

import json

from harness.model.variation import varied, with_many_items


def test_a_value_differs_in_all_of_its_members_and_in_each() -> None:
    found = [json.loads(one) for one in varied(b'{"mail":"ada@example.com","n":1,"on":true}', 7)]
    assert found == [
        {"mail": "ada-0007@example.com", "n": 8, "on": True},
        {"mail": "ada-0007@example.com", "n": 1, "on": True},
        {"mail": "ada@example.com", "n": 8, "on": True},
    ]
    assert [*varied(b"text", 7)] == [b"text-0007"]
    assert not [*varied(b"\xff", 7)]


def test_lists_become_long_wherever_they_are() -> None:
    first, *_ = (json.loads(one) for one in with_many_items(b'[{"id":"a"},{"id":"b"}]', 4))
    assert first == [{"id": "a"}, {"id": "b"}, {"id": "b-0002"}, {"id": "b-0003"}]
    found = [json.loads(one) for one in with_many_items(b'{"few":["a"],"items":[1,2]}', 4)]
    assert {"few": ["a"], "items": [1, 2, 4, 5]} in found
    assert {"few": ["a", "a-0001", "a-0002", "a-0003"], "items": [1, 2]} in found
    named, *_ = (json.loads(one) for one in with_many_items(b'{"a":{"n":1}}', 3))
    assert named == {"a": {"n": 1}, "a-0001": {"n": 1}, "a-0002": {"n": 1}}
    for value in (b"text", b"7", b"[]", b"{}", b'{"a":1}', b"[null]", b"\xff"):
        assert all(json.loads(one) is not None for one in with_many_items(value, 3))
