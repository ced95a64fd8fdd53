"""Properties of Workers: namespaces are drawn, and state machines find the requests that break one."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test

from harness.testing.keys import Namespaces
from harness.testing.machine import WorkerMachine
from harness.testing.strategies import entries, keys, namespaces
from kvstore import LIMITS, Entry, KVNamespace, ManualClock
from kvstore.stores.memory import MemoryStore

SHOP = Path(__file__).parent / "shop"
FEW = settings(max_examples=25, deadline=None, derandomize=True, database=None)


@FEW
@given(namespaces(max_size=4))
def test_strategies_draw_entries_that_kv_accepts(drawn: dict[str, Entry]) -> None:
    """The real order of checks is the binding's: it is put as a Worker would put it."""
    clock = ManualClock(1_767_225_600_000)
    kv = KVNamespace(MemoryStore(clock))

    async def put() -> None:
        for key, entry in drawn.items():
            given = {"expiration": entry.expiration, "metadata": entry.metadata}
            await kv.put(key, entry.value, {name: one for name, one in given.items() if one is not None})

    asyncio.run(put())


@FEW
@given(keys("note:"))
def test_keys_have_their_prefix_and_a_length_that_kv_takes(key: str) -> None:
    assert key.startswith("note:")
    assert len(key.encode()) <= LIMITS.key_size


@pytest.mark.worker("shop")
@settings(FEW, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=namespaces(st.sampled_from(["a", "b", "c"]), entries(st.binary(max_size=4))))
def test_a_drawn_namespace_is_seeded_as_it_is(kv: Namespaces, drawn: dict[str, Entry]) -> None:
    kv.NOTES.seed(drawn)
    assert kv.NOTES.snapshot().items() >= drawn.items()


class Notes(WorkerMachine):
    """The shop's notes, each of which lasts a minute, beside a dict of values and ends (seconds)."""

    path = SHOP
    lasts = 60

    def __init__(self) -> None:
        super().__init__()
        self.model: dict[str, tuple[str, int]] = {}

    @rule(name=st.sampled_from("ab"), body=st.text("xy", min_size=1, max_size=2))
    def put(self, name: str, body: str) -> None:
        began = self.clock.now_ms() // 1000
        assert self.worker.put(f"/{name}", body=body).status == 204
        self.model[name] = body, began + self.lasts

    @rule()
    def time_goes_by(self) -> None:
        self.clock.advance(seconds=30)

    @invariant()
    def notes_are_those_of_the_model(self) -> None:
        now = self.clock.now_ms() / 1000
        lasting = {name: body for name, (body, end) in self.model.items() if end > now}
        assert {name: self.kv.NOTES.text(name) for name in self.kv.NOTES if name != "last"} == lasting


class Forgetful(Notes):
    """Whose model forgets that notes expire."""

    lasts = 60_000


def check(machine: Any) -> None:
    run_state_machine_as_test(machine, settings=settings(FEW, max_examples=15, stateful_step_count=12))


def test_a_machine_that_is_right_passes() -> None:
    check(Notes)


def test_a_machine_that_is_wrong_fails_with_the_steps() -> None:
    with pytest.raises(AssertionError) as failed:
        check(Forgetful)
    steps = "\n".join(getattr(failed.value, "__notes__", []))
    assert "state.time_goes_by()" in steps
    assert steps.count("state.put(") == 1
