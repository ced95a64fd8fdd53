"""Requests at once, in every order of their KV operations, and a line that shows one of these again."""

from pathlib import Path

import pytest

from harness.engine.order import read_deviation
from harness.explore.depth_first import Visited
from harness.model.scenario import Scenario
from kvstore import Entry
from tests.harness.declared.declaring import MOVED, codes, declared, rehearsed, subject_of, worker
from tests.harness.declared.test_links import ENTRIES, LINKS

# Two requests that add one to the same entry lose one of the two, in some orders alone.
COUNTER = """
from urllib.parse import urlparse
from workers import Response, WorkerEntrypoint

class Default(WorkerEntrypoint):
    async def fetch(self, request):
        kv, path = self.env.KV, urlparse(request.url).path
        if path == "/admin/copy":
            for key in (await kv.list(prefix="old:"))["keys"]:
                name = key["name"][4:]
                if await kv.get("new:" + name) is None:
                    value = await kv.get("old:" + name)
                    await kv.put("new:" + name, value)
                    await kv.delete("old:" + name)
            return Response.json({"done": True})
        found = await kv.get("new:" + path[1:]) or await kv.get("old:" + path[1:])
        if request.method == "PUT":
            await kv.put("new:" + path[1:], "changed")
        return Response(found or "", status=200 if found else 404)
"""
DECLARED = f"""{MOVED}
@m.operator
async def runbook(op):
    await op.until_done("/admin/copy")

@m.changes("old:")
async def change(who, name):
    await who.put("/" + name)
"""


def test_orders_find_and_replay_what_few_of_them_show(tmp_path: Path) -> None:
    worker(tmp_path / "app", COUNTER)
    path = declared(tmp_path, DECLARED)
    entries = {("KV", f"old:{name}"): Entry(b"v") for name in "abc"}
    result = rehearsed(path, entries, explore=("orders",))
    assert "overwritten" in codes(result)
    subject = subject_of(path, entries)
    for one in result.damage:
        assert len(one.scenario.order) <= 1, "one deviation is enough"
        line = Scenario.read(str(one.scenario))
        assert line == one.scenario
        shown = {
            found.code for verdict in subject.judge(subject.simulate(line)) for found in verdict.findings
        }
        assert one.key[1] in shown


def test_careful_links_survive_every_order() -> None:
    result = rehearsed(LINKS / "migration.py", ENTRIES, explore=("orders",))
    assert result.decision.verdict == "go"
    visited = result.parts[0].tally.orders
    assert f"{visited.orders:,} orders, of which {visited.runs:,} differ" in result.parts[0].what
    assert visited.orders > visited.runs > 20
    assert not visited.unfinished


def test_naive_links_do_not() -> None:
    result = rehearsed(LINKS / "naive.py", ENTRIES, explore=("orders",))
    assert {"resurrected", "not-found"} <= codes(result)


def test_visited_orders_add_up() -> None:
    assert Visited(6, 2, 1) + Visited(1, 1, 0, 1) == Visited(7, 3, 1, 1)


@pytest.mark.parametrize(
    "line", ["at_once=remove", "at_once=remove+@operator.1", "at_once=remove@operator.1:2"]
)
def test_a_meeting_that_cannot_be_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="is not a meeting: it takes FUNCTION@REQUEST"):
        Scenario.read(line)


@pytest.mark.parametrize("text", ["operator.1:2", "operator.1+3", "operator.1:0+3", ":1+1"])
def test_a_deviation_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"REQUEST:N\+K, such as operator.2:7\+3"):
        read_deviation(text)
