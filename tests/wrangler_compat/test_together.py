"""Workers that call each other, and queues: in both languages under our `dev`, and under `wrangler dev`."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from .dev import Dev
from .test_javascript_beside_wrangler import Real
from .test_real_wrangler import program

pytestmark = pytest.mark.own_clock

DATA = Path(__file__).parents[1] / "data" / "together"
EVERY = [
    "python",
    pytest.param("javascript", marks=pytest.mark.workerd),
    pytest.param("real", marks=pytest.mark.wrangler),
]
Start = Callable[..., Any]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """A running `dev`, or `wrangler dev`, of the Workers in these folders of DATA."""
    running: list[Dev | Real] = []

    def started(who: str, *folders: str) -> httpx.Client:
        for part in ("workerd", "esbuild"):
            monkeypatch.setenv(f"{part.upper()}_BIN", _real(part, who))
        configs = []
        for folder in folders:
            copy = Path(shutil.copytree(DATA / folder, tmp_path / folder))
            configs.append(str(copy / "wrangler.toml"))
        named = [part for config in configs for part in ("-c", config)]
        one = Real(tmp_path, *named) if who == "real" else Dev(tmp_path, *named, "--port", "0")
        running.append(one)
        return httpx.Client(base_url=one.url, timeout=30, trust_env=False)

    yield started
    for one in running:
        one.stop()


def _real(part: str, who: str) -> str:
    if (real := program()) is None and who != "python":
        pytest.skip("the real wrangler is not installed: npm install --prefix .real wrangler@4.86.0")
    return str(Path(str(real)).parent / part)


def language(who: str) -> str:
    return "python" if who == "python" else "javascript"


SHOP = {
    "add": 3,
    "echo": {"a": [1, None, True, "x"], "b": {"c": 1.5}},
    "own": "own",
    "bound": "cellar",
    "fails": "wrong",
    "missing": 'The RPC receiver does not implement the method "missing".',
    "unexported": 'The RPC receiver does not implement the method "hello".',
    "unfetched": "Handler does not export a fetch() function.",
    "gone": [503, 'Worker "gone" not found. Make sure it is running locally.'],
    "goneMethod": 'Worker "gone" not found. Make sure it is running locally.',
}


@pytest.mark.parametrize("who", EVERY)
def test_workers_call_each_other(who: str, start: Start) -> None:
    with start(who, *(f"services/{language(who)}/{name}" for name in ("shop", "stock"))) as client:
        assert client.get("/").json() == SHOP
        fetched = client.get("/fetch")
        assert (fetched.status_code, fetched.headers["shelf"]) == (203, "3")
        assert fetched.text == "POST http://stock/shelf?place=1 1 milk cellar"
        passed = client.put("/pass?a=%20b", content="x", headers={"mine": "2"}).text
        assert passed in [f"PUT http://{host}/pass?a=%20b 2 x cellar" for host in ("localhost", "127.0.0.1")]


@pytest.mark.workerd
@pytest.mark.parametrize(
    ("shop", "stock", "add", "unfetched"),
    [
        (
            "python",
            "javascript",
            "can be asked by fetch(), and its method add cannot be called",
            SHOP["unfetched"],
        ),
        ("javascript", "python", "This ExternalServer not configured for RPC.", 500),
    ],
)
def test_workers_in_two_languages_ask_each_other_by_fetch(
    shop: str, stock: str, add: str, unfetched: object, start: Start
) -> None:
    with start("both", f"services/{shop}/shop", f"services/{stock}/stock") as client:
        told = client.get("/").json()
        assert (told["own"], told["unfetched"]) == ("own", unfetched)
        assert told["add"].endswith(add)
        assert client.get("/fetch").text == "POST http://stock/shelf?place=1 1 milk cellar"
        carried = {"mine": "2", "authorization": "of its own"}
        assert client.post("/pass", content="x", headers=carried).text.endswith("/pass 2 x cellar")


BATCHES: dict[str, tuple[list[Any], list[Any]]] = {
    "full": ([["Q", ["a", "b", "c"]]], [["q", [["a", 1], ["b", 1]]], ["q", [["c", 1]]]]),
    "later": ([["LATER", ["x"]]], [["later", [["x", 1]]]]),
    "first word": (
        [["Q", ["ack", "retry"]]],
        [["q", [["ack", 1], ["retry", 1]]], ["q", [["retry", 2]]], ["dead", [["retry", 1]]]],
    ),
    "retry later": (
        [["Q", ["retry later"]]],
        [["q", [["retry later", 1]]], ["q", [["retry later", 2]]], ["dead", [["retry later", 1]]]],
    ),
    "retryAll": (
        [["Q", ["retryAll", "x"]]],
        [
            ["q", [["retryAll", 1], ["x", 1]]],
            ["q", [["retryAll", 2], ["x", 2]]],
            ["dead", [["retryAll", 1], ["x", 1]]],
        ],
    ),
    "ackAll": ([["Q", ["ackAll", "retry"]]], [["q", [["ackAll", 1], ["retry", 1]]]]),
    "throw": (
        [["Q", ["throw"]]],
        [["q", [["throw", 1]]], ["q", [["throw", 2]]], ["dead", [["throw", 1]]]],
    ),
}
TYPES = [
    ["q", [["text", 1], [{"a": [1, None]}, 1]]],
    ["q", [[["bytes", 1, 2], 1], [[1.5, {"b": True}], 1]]],
]


def seen(client: httpx.Client, batches: int) -> Any:
    """The batches that the Worker was given, once it was given as many, in any order of their queues."""
    told = client.get(f"/{batches}").json()
    return sorted(told, key=json.dumps)


@pytest.mark.parametrize("who", EVERY)
def test_queues_deliver_batches(who: str, start: Start) -> None:
    with start(who, f"queues/{language(who)}") as client:
        refused = client.get("/refused").json()
        assert all(one.startswith("TypeError: ") for one in refused), refused
        assert client.get("/types").text == "sent"
        assert seen(client, 2) == sorted(TYPES, key=json.dumps)
        for sent, expected in BATCHES.values():
            assert client.post("/", json=sent).text == "sent"
            assert seen(client, len(expected)) == sorted(expected, key=json.dumps)
