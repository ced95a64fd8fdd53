"""The JSON of ``wrangler kv bulk put``."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from kvstore import Entry, ManualClock, SourceError, read_bulk, write_bulk
from kvstore.copies.bulk_json import read_item
from kvstore.limits import LIMITS

CLOCK = ManualClock(1_700_000_000_000)


def read(*items: Any) -> Mapping[str, Entry]:
    return read_bulk(json.dumps(items), CLOCK).entries


def test_read_takes_every_member() -> None:
    entries = read(
        {"key": "a", "value": "é"},
        {"key": "b", "value": "AP8=", "base64": True},
        {"key": "c", "value": "v", "expiration": 1_700_000_100, "metadata": {"m": [1, None]}},
        {"key": "d", "value": "v", "expiration_ttl": 60},
    )
    assert entries == {
        "a": Entry("é".encode()),
        "b": Entry(b"\x00\xff"),
        "c": Entry(b"v", 1_700_000_100, '{"m":[1,null]}'),
        "d": Entry(b"v", 1_700_000_060),
    }


def test_read_sorts_and_keeps_the_last_of_a_key() -> None:
    entries = read({"key": "b", "value": "1"}, {"key": "a", "value": "2"}, {"key": "b", "value": "3"})
    assert list(entries.items()) == [("a", Entry(b"2")), ("b", Entry(b"3"))]


def test_read_counts_what_has_expired() -> None:
    copy = read_bulk('[{"key": "a", "value": "v", "expiration": 5}]', CLOCK)
    assert (copy.entries, copy.expired) == ({}, 1)


def test_write_and_read_give_the_same_entries() -> None:
    entries = {
        "bytes": Entry(b"\xff\x00"),
        "text": Entry("日本".encode(), 1_700_000_100, '{"x":1}'),
        "zero": Entry(b"", None, "0"),
    }
    assert read_bulk(write_bulk(entries), CLOCK).entries == entries


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{", "x.json is not JSON: "),
        ('{"key": "a"}', "x.json must be an array of key-value objects, but is of type object"),
        ("[1]", "x.json, item 0 must be an object with a key and a value, but is of type number"),
        ('[{"key": 5, "value": "v"}]', "x.json, item 0: 'key' must be a string, but is of type number"),
        ('[{"key": "a"}]', "x.json, item 0: 'value' must be a string, but is of type null"),
        ('[{"key": "", "value": "v"}]', "x.json, item 0: '' is not allowed as a key name"),
        ('[{"key": "..", "value": "v"}]', "x.json, item 0: '..' is not allowed as a key name"),
        (
            json.dumps([{"key": "é" * 257, "value": "v"}]),
            "x.json, item 0: key of 514 bytes exceeds the limit of 512",
        ),
        (
            json.dumps([{"key": "a", "value": "v", "metadata": "x" * 1023}]),
            "x.json, item 0: metadata of 1025 bytes exceeds the limit of 1024",
        ),
        ('[{"key": "a", "value": "*", "base64": true}]', "x.json, item 0: the value cannot be decoded: "),
        ('[{"key": "a", "value": "v", "expiration": NaN}]', "x.json is not JSON: NaN is not a JSON value"),
        ('[{"key": "a", "value": "v", "expiration": -Infinity}]', "x.json is not JSON: -Infinity is not "),
        ("[" * 200_000 + "]" * 200_000, "x.json is not JSON: its arrays and objects are nested too deeply"),
        *(
            (
                f'[{{"key": "a", "value": "v", "{member}": {number}}}]',
                f"x.json, item 0: '{member}' is more than ",
            )
            for member in ("expiration", "expiration_ttl")
            for number in ("1e400", "-1e400", "1" * 30, "1" * 5000)
        ),
        (
            '[{"key": "a", "value": "v", "expiration": true}]',
            "x.json, item 0: 'expiration' must be a number of seconds, but is of type boolean",
        ),
        (
            '[{"key": "a", "value": "v", "expiration": "soon"}]',
            "x.json, item 0: 'expiration' must be a number of seconds, but is of type string",
        ),
    ],
)
def test_read_says_what_is_wrong_and_where(text: str, complaint: str) -> None:
    with pytest.raises(SourceError) as caught:
        read_bulk(text, CLOCK, "x.json")
    assert str(caught.value).startswith(complaint)


def test_a_value_that_no_namespace_holds_is_refused_with_its_key_and_both_sizes() -> None:
    item = {"key": "orchestrator:pending", "value": "x" * (LIMITS.value_size + 1)}
    complaint = (
        "x, item 4: the value of orchestrator:pending has 26,214,401 bytes, and KV takes at most 26,214,400"
    )
    with pytest.raises(SourceError, match=complaint):
        read_item(item, "x, item 4", CLOCK.now_ms())
    item["value"] = "x" * LIMITS.value_size
    assert len(read_item(item, "x, item 4", CLOCK.now_ms())[1].value) == LIMITS.value_size
