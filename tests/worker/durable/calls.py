"""The calls that were recorded on workerd: an object, a method, and what it is given."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RECORDED = Path(__file__).parents[2] / "data" / "vectors" / "durable" / "workerd.json"
FAR = 4_102_444_800_000


@dataclass(frozen=True)
class Call:
    """``method`` of the object ``name`` in ``namespace``, given ``given``."""

    name: str
    method: str
    given: tuple[Any, ...] = ()
    namespace: str = "PROBE"

    def asked(self) -> dict[str, Any]:
        return {
            "namespace": self.namespace,
            "name": self.name,
            "method": self.method,
            "given": list(self.given),
        }


def run(name: str, *operations: list[Any], namespace: str = "PROBE") -> Call:
    """Storage operations, one after the other."""
    return Call(name, "run", (list(operations),), namespace)


VALUES: list[Any] = [
    *(None, True, False, 0, 1, -1, 1073741823, 1073741824, -1073741824, -1073741825, 2**31, 2**53 - 1),
    *(1.5, -0.5, 1e21, "", "a", "é", "日本", "a日", "\U0001f600", [], [1, [2, "x"]], {}, {"a": None}),
    *(
        {"b": 1, "a": [True], "é": "日"},
        {"1": "one", "x": 0, "0": 2},
        "x" * 200,
        "日" * 100,
        list(range(200)),
    ),
]

CALLS = (
    Call("", "ids"),
    run(
        "basic",
        *(
            ["get", "x"],
            ["put", "x", 1],
            ["get", "x"],
            ["put", {"b": 2, "a": [1, "é"]}],
            ["get", ["b", "a", "c"]],
        ),
        *(
            ["list"],
            ["list", {"prefix": "a"}],
            ["list", {"reverse": True, "limit": 2}],
            ["list", {"start": "b"}],
        ),
        *(
            ["list", {"startAfter": "b"}],
            ["list", {"end": "b"}],
            ["list", {"start": "a", "end": "x", "limit": 1}],
        ),
        *(["list", {"prefix": "b", "start": "a"}], ["list", {"prefix": "b", "start": "c"}], ["delete", "x"]),
        *(["delete", "x"], ["delete", ["a", "b", "c"]], ["list"], ["sync"]),
    ),
    run(
        "order",
        ["put", {"é": 1, "z": 2, "日": 3, "\U0001f600": 4, "A": 5, "a": 6, "": 7, "￿": 8}],
        *(["list"], ["list", {"reverse": True}], ["get", ["é", "a", "z"]], ["list", {"prefix": "é"}]),
    ),
    run(
        "odd",
        *(
            ["put", 5, "five"],
            ["get", 5],
            ["get", "5"],
            ["put", "n", None],
            ["get", "n"],
            ["put", "u"],
            ["get"],
        ),
        *(["put"], ["delete"], ["list", {"limit": 0}], ["list", {"limit": -1}], ["list", {"limit": "x"}]),
        *(
            ["list", {"start": "a", "startAfter": "b"}],
            ["list", "x"],
            ["list", {"prefix": 1}],
            ["put", "", "e"],
        ),
        *(["get", ""], ["get", None], ["put", None, 1], ["list"], ["deleteAll"], ["list"], ["get", True]),
    ),
    run(
        "no-handler",
        *(["getAlarm"], ["setAlarm", 1], ["deleteAlarm"], ["setAlarm", "x"], ["setAlarm"], ["setAlarm", -5]),
        *(["setAlarm", 0], ["setAlarm", 1e18], ["setAlarm", None], ["getAlarm"]),
    ),
    run("values", ["put", {f"v{n:03}": value for n, value in enumerate(VALUES)}], ["list"]),
    Call("values", "literals"),
    run(
        "alarm",
        *(
            ["setAlarm", FAR],
            ["getAlarm"],
            ["setAlarm", FAR + 1.7],
            ["getAlarm"],
            ["deleteAlarm"],
            ["getAlarm"],
        ),
        *(["put", "k", 1], ["setAlarm", FAR], ["deleteAll"], ["getAlarm"], ["list"]),
        namespace="RINGING",
    ),
    Call("big", "big", ("text", 2_097_152)),
    Call("big", "big", ("text", 2_199_900)),
    Call("big", "big", ("text", 2_200_100)),
    Call("big", "big", ("key", 2_049)),
    Call("big", "big", ("key", 2_300_000)),
    Call("gates", "gates"),
    Call("txn", "transactions"),
    Call("echo", "echo", (1, None, "x", [1, [2]], {"a": {"b": None}}, True, 1.5)),
    Call("echo", "nothing"),
    Call("broken", "counted", namespace="BROKEN"),
    Call("broken", "counted", namespace="BROKEN"),
    Call("block", "counted"),
    Call("block", "block"),
    Call("block", "counted"),
    Call("die", "counted"),
    Call("die", "die"),
    Call("die", "counted"),
    run("die", ["get", "unflushed"]),
    Call("fail", "counted"),
    Call("fail", "fail"),
    Call("fail", "counted"),
    run("fail", ["get", "kept"]),
)


def recorded() -> list[dict[str, Any]]:
    """What workerd answered: ``{"asked": …, "answer": …}`` for each call."""
    answers: list[dict[str, Any]] = json.loads(RECORDED.read_text())["calls"]
    return answers
