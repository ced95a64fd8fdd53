"""A census: kinds of keys, in one pass and bounded memory, whatever the order and however many."""

import json
from random import Random

import pytest

from kvstore import Entry
from kvstore.copies.census import Census, Group, as_json, census_of, read_groups

NOW = 1_800_000_000


def patterns(groups: list[Group]) -> dict[str, int]:
    return {shape.pattern: shape.count for group in groups for shape in group.shapes}


def test_census_counts_keys_by_shape() -> None:
    entries = {
        "user:1": Entry(b'{"name":"a","age":1}', NOW + 600, '{"v":1}'),
        "user:2": Entry(b'{"name":"b"}', None, '{"v":1,"w":2}'),
        "user:3": Entry(b"text", NOW + 90 * 86_400),
    }
    ((shape,),) = [group.shapes for group in census_of(entries, NOW)]
    assert (shape.pattern, shape.count, shape.bytes, shape.largest) == ("user:*", 3, 36, 20)
    assert shape.members == {"name": 2, "age": 1}
    assert (shape.texts, shape.with_metadata, shape.metadata) == (1, 2, {"v": 2, "w": 1})
    assert shape.lifetimes == {"≤ 1 h": 1, "for ever": 1, "longer": 1}
    assert shape.expire == 2


@pytest.mark.parametrize("seed", range(3))
def test_words_are_told_from_names_among_many_keys_in_any_order(seed: int) -> None:
    keys = [f"{one:06x}:{what}" for one in range(9000) for what in ("profile", "settings")]
    keys += [f"link:{one:x}" for one in range(6000)]
    keys += [f"log:2026-{one % 12 + 1:02}:{one:05}:{level}" for one in range(4000) for level in "ab"]
    if seed:
        Random(seed).shuffle(keys)
    groups = census_of(dict.fromkeys(keys, Entry(b"{}")), NOW)
    assert patterns(groups) == {
        "*:profile": 9000,
        "*:settings": 9000,
        "link:*": 6000,
        "log:*:*:a": 4000,
        "log:*:*:b": 4000,
    }


def test_nothing_is_counted_twice_or_forgotten_when_there_are_too_many_kinds() -> None:
    chance, census = Random(7), Census(NOW)
    for _ in range(20_000):
        parts = [f"{chance.randrange(2000):x}" for _ in range(chance.randrange(1, 6))]
        census.add(chance.choice(":/|.").join(parts), Entry(b"1"))
    groups = census.groups()
    assert sum(group.count for group in groups) == census.count == 20_000
    assert sum(patterns(groups).values()) == 20_000


def test_memory_does_not_grow_with_the_namespace() -> None:
    """As many nodes are there after 20,000 keys of ever new names as after 5,000."""
    census = Census(NOW)

    def nodes() -> int:
        waiting = [node for one in (*census._beginnings.values(), census._rest) for node in one.values()]
        count = 0
        while waiting:
            node = waiting.pop()
            count += 1
            waiting += node.children.values()
        return count

    counts = []
    for number in range(20_000):
        census.add(f"{number:x}:{number * 7:x}/{number * 11:x}", Entry(b"1"))
        if number % 5000 == 4999:
            counts.append(nodes())
    assert max(counts) < 3 * 400 * 4


def test_a_census_is_read_back() -> None:
    groups = census_of({"a:1": Entry(b"{}", NOW + 60), "b": Entry(b"7", None, '"m"')}, NOW)
    assert read_groups(json.loads(json.dumps(as_json(groups)))) == groups
    with pytest.raises(ValueError, match="not a census"):
        read_groups([{"prefix": "a"}])


@pytest.mark.parametrize(
    ("damaged", "why"),
    [
        ('{"a": 1}', "that is an array of groups"),
        ("[5]", "'prefix' must be a string, but is null"),
        ('[{"prefix": 5, "shapes": []}]', "'prefix' must be a string, but is 5"),
        ('[{"prefix": "a:", "shapes": 3}]', "'shapes' must be an array, but is 3"),
        ('[{"prefix": "a:", "shapes": [3]}]', "'pattern' must be a string, but is null"),
        (
            '[{"prefix": "a:", "shapes": [{"pattern": "*", "count": "x"}]}]',
            "'count' must be a number from 0 to 9007199254740991, but is",
        ),
        (
            '[{"prefix": "a:", "shapes": [{"pattern": "*", "count": -1}]}]',
            "'count' must be a number from 0 to 9007199254740991, but is -1",
        ),
        (
            '[{"prefix": "a:", "shapes": [{"pattern": "*", "count": 9007199254740992}]}]',
            "'count' must be a number from 0 to 9007199254740991, but is 9007199254740992",
        ),
        (
            '[{"prefix": "a:", "shapes": [{"pattern": "*", "count": true}]}]',
            "'count' must be a number from 0 to 9007199254740991, but is",
        ),
    ],
)
def test_read_census_refuses_another_document(damaged: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_groups(json.loads(damaged))


def test_a_member_that_is_not_a_count_is_refused() -> None:
    (group,) = as_json(census_of({"a:1": Entry(b'{"n":1}')}, NOW))
    group["shapes"][0]["members"]["n"] = "many"
    with pytest.raises(ValueError, match="'n' must be a number"):
        read_groups([group])
