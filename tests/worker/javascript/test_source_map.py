"""Positions of a bundle, told in the files that it was made of."""

import base64
import json
from pathlib import Path

import pytest

from worker.javascript import SourceMap


def bundled(mappings: str, *sources: str) -> str:
    said = json.dumps({"version": 3, "sources": sources, "mappings": mappings}).encode()
    return "code\n//# sourceMappingURL=data:application/json;base64," + base64.b64encode(said).decode()


def test_a_position_is_that_of_the_segment_before_it() -> None:
    # Line 2: column 0 is 1:1 of a.js, column 8 is 3:5 of b.js.
    known = SourceMap(bundled(";AAAA,QCEI", "a.js", "b.js"), Path("/x"))
    assert known.place(2, 5) == (Path("/x/a.js"), 1, 1)
    assert known.place(2, 9) == (Path("/x/b.js"), 3, 5)
    assert known.place(1, 1) is None
    assert known.place(99, 1) is None


def test_a_stack_is_told_without_our_own_frames() -> None:
    known = SourceMap(bundled("AAAA", "a.js"), Path("/x"))
    ours = "\n    at async Object.fetch (entry:20:14)\n    at wrapped (worker:9:1)"
    told = known.stack("Error: no\n    at f (bundle:1:3)" + ours)
    assert told == ("Error: no\n    at f (file:///x/a.js:1:1)", (Path("/x/a.js"), 1, 1))


def test_without_a_map_a_stack_stays() -> None:
    stack = "Error: no\n    at bundle:1:3"
    assert SourceMap("code", Path("/x")).stack(stack) == (stack, None)


@pytest.mark.parametrize(
    "damaged", [b"", b"[]", b'{"sources": ["a.js"]}', b'{"sources": [], "mappings": "AAAA"}', b"{"]
)
def test_a_damaged_map_knows_no_position(damaged: bytes) -> None:
    encoded = base64.b64encode(damaged).decode() or "A"
    known = SourceMap(f"code\n//# sourceMappingURL=data:application/json;base64,{encoded}", Path("/x"))
    assert known.place(1, 1) is None


def test_only_positions_of_the_bundle_are_looked_for() -> None:
    known = SourceMap(bundled("AAAA", "a.js"), Path("/x"))
    told = known.stack("Error: no\n    at f (bundle:1:3)\n    at Proxy.fetch (worker:1:3)")
    assert told[0] == "Error: no\n    at f (file:///x/a.js:1:1)"
