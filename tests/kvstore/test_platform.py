"""The layers as they are composed: what a judge sees, and what counts."""

import pytest

from kvstore import KVError, ManualClock, SeededEntropy, SqliteStore
from kvstore.conditions import Conditions
from kvstore.faults import read_fault
from kvstore.layers.quotas import Allowance
from kvstore.layers.transit import OneFault
from kvstore.platform import COLO, Layers

pytestmark = pytest.mark.anyio

NOW_MS = 1_800_000_000_000


def budget(operations: int) -> Conditions:
    return Conditions("budget", Allowance(operations=operations))


async def test_done_records_only_what_was_carried_out() -> None:
    layers = Layers(SqliteStore.in_memory(ManualClock(NOW_MS)), budget(1))
    namespace = layers.location(COLO, OneFault(), SeededEntropy(1)).namespace
    with layers.invocations.start("one"):
        await namespace.put("a", "1")
        with pytest.raises(Exception, match="Too many API requests"):
            await namespace.put("b", "1")
    assert [event.key for event in layers.asked] == ["a", "b"]
    assert [event.key for event in layers.done.events] == ["a"]


async def test_refused_operations_were_sent_and_count() -> None:
    """In a rehearsal as in a simulation, for both are composed in one place."""
    for fault in ("refused", "unanswered", "outage"):
        layers = Layers(SqliteStore.in_memory(ManualClock(NOW_MS)), budget(2))
        namespace = layers.location(COLO, OneFault(read_fault(f"{fault}@1")), SeededEntropy(1)).namespace
        with layers.invocations.start("one") as invocation:
            for expected in ("500", "500" if fault == "outage" else None, "500|Too many"):
                if expected is None:
                    await namespace.put("a", "1")
                    continue
                with pytest.raises(KVError, match=expected):
                    await namespace.put("b", "1")
            assert invocation.operations == 3
