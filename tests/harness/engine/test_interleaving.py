"""Turns: who asks KV next, when several are answered at once."""

import pytest

from harness.engine.interleaving import Turn, following, letters_of, order_of
from harness.migrations.queue.simulation.requests import KINDS
from harness.migrations.queue.simulation.scenario import Scenario
from harness.parameters import ParameterError
from tests.harness.queue.simulation.runs import run


@pytest.mark.parametrize("order", ["", "a", "ab", "a4b4a3b3", "a12b"])
def test_an_order_is_its_turns(order: str) -> None:
    turns = [Turn(who, "get", ("k",)) for who in letters_of(order)]
    assert order_of(turns) == order


@pytest.mark.parametrize("order", ["4a", "a-1", "A2", "a 2", "a2,b"])
def test_parse_order_refuses_an_invalid_order(order: str) -> None:
    with pytest.raises(ParameterError, match="order is .*: it must be letters with how many turns each has"):
        Scenario.read(f"at_once=claim,claim 'order={order}'")


def test_an_actor_without_turns_is_passed_over() -> None:
    choose = following("ba2c")
    a, b = Turn("a", "get", ("k",)), Turn("b", "get", ("k",))
    assert [choose({"a": a, "b": b}), choose({"b": b, "a": a}), choose({"b": b}), choose({"b": b})] == [
        "b",
        "a",
        "b",
        "b",
    ]


@pytest.mark.parametrize(
    ("first", "second", "commute"),
    [
        (("get", "k"), ("get", "k"), True),
        (("get", "k"), ("put", "k"), False),
        (("put", "k"), ("put", "k"), False),
        (("put", "k"), ("delete", "l"), True),
        (("scan", "t:"), ("put", "t:1"), False),
        (("scan", "t:"), ("put", "l:1"), True),
        (("scan", "t:"), ("get", "t:1"), True),
        (("delete", "t:1"), ("scan", ""), False),
        (("get_many", "a", "b"), ("put", "b"), False),
        (("get_many", "a", "b"), ("put", "c"), True),
        (("call", "queue"), ("call", "queue"), False),
        (("call", "queue"), ("put", "k"), True),
    ],
)
def test_operations_commute_unless_one_writes_what_the_other_touches(
    first: tuple[str, ...], second: tuple[str, ...], commute: bool
) -> None:
    one = Turn("a", first[0], first[1:])  # type: ignore[arg-type]
    other = Turn("b", second[0], second[1:])  # type: ignore[arg-type]
    assert one.commutes_with(other) is other.commutes_with(one) is commute
    assert not one.commutes_with(Turn("a", "get", ("else",)))


def asked(line: str) -> list[str]:
    """Who asked, operation by operation, as letters by the number of the daemon."""
    names = {"daemon-1.1": "a", "daemon-2.1": "b"}
    return [names[event.invocation] for event in run(line).asked]


@pytest.mark.parametrize("order", ["a7b7", "b7a7", "a4b4a3b3", "ababababababab", "b2a7b5"])
def test_operations_come_in_the_order_that_is_said(order: str) -> None:
    line = f"conditions=local tasks=3 at_once=claim,claim order={order}"
    assert asked(line)[: len(letters_of(order))] == letters_of(order)
    assert asked(line.replace("local", "production")) != []


def test_actors_that_the_order_leaves_out_go_by_their_letters() -> None:
    assert asked("conditions=local at_once=claim,claim order=b2") == letters_of("b2a7b5")


def test_a_call_of_a_durable_object_is_a_turn_too() -> None:
    line = "migration=safe claims=coordinator conditions=local at_once=list,list format=dual"
    alone = asked(f"{line} order=a99b99")
    # The first turn of each is to be counted by the limiter.
    assert asked(f"{line} order=a1b99") == [*alone[len(alone) // 2 :], *alone[: len(alone) // 2]]
    assert asked(f"{line} order=a2b99")[:2] == ["a", "b"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_request_can_be_sent_at_once_with_another(kind: str) -> None:
    record = run(f"conditions=local tasks=2 leases=1 format=dual at_once={kind},claim")
    sent = record.calls[:2]
    assert [call.status for call in sent] == [200, 200] or kind == "claim"
    assert {(KINDS[kind].method, KINDS[kind].path), ("POST", "/api/queue/claim")} == {
        (call.method, call.path) for call in sent
    }


def test_a_format_is_deployed_with_its_tasks() -> None:
    for format, prefix in (
        ("old", "orchestrator:queue:"),
        ("dual", "orchestrator:queue:"),
        ("new", "queue:task:"),
    ):
        record = run(f"conditions=local tasks=2 at_once=list,list format={format}")
        assert [what for _, what in record.deployed] == [format]
        assert [call.member("count") for call in record.calls] == [2, 2]
        assert all(key.startswith(prefix) for key in record.start.entries if key.endswith("slack_001"))


def test_a_run_is_brought_to_its_end_afterwards() -> None:
    record = run("migration=safe conditions=local tasks=2 format=dual at_once=run,claim")
    assert record.runs[-1].member("done") is True
    assert [what for _, what in record.deployed] == ["dual", "new"]


def test_an_order_needs_something_that_is_at_once() -> None:
    with pytest.raises(ParameterError, match="format and order are for at_once"):
        Scenario.read("order=a2")
    with pytest.raises(ParameterError, match="format and order are for at_once"):
        Scenario.read("format=dual")
    with pytest.raises(ParameterError, match="there is no 'nap': choose from claim"):
        Scenario.read("at_once=claim,nap")
