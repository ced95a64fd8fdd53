"""Workers that call each other, and queues: in both languages under our `dev`, and under `wrangler dev`."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.worker.workerd import installed, program

from .dev import Dev, wrangler
from .test_javascript_beside_wrangler import Real

pytestmark = pytest.mark.own_clock

DATA = Path(__file__).parents[1] / "data" / "together"
EVERY = [
    "python",
    pytest.param("javascript", marks=pytest.mark.workerd),
    pytest.param("real", marks=pytest.mark.wrangler),
]


class Start:
    """Starts `dev`, or `wrangler dev`, with the Workers in folders of DATA, and keeps what runs."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        self._monkeypatch = monkeypatch
        self.running: list[Dev | Real] = []

    def __call__(
        self, who: str, *folders: str, flags: tuple[str, ...] = (), changed: str | None = None
    ) -> httpx.Client:
        """A client of it; ``changed`` is the configuration instead of what is there."""
        for part in ("workerd", "esbuild"):
            self._monkeypatch.setenv(f"{part.upper()}_BIN", _real(part, who))
        named = []
        shutil.copytree(DATA, self._folder, dirs_exist_ok=True)
        for folder in folders:
            config = self._folder / folder / "wrangler.toml"
            config.write_text(changed or config.read_text())
            named += ["-c", str(config)]
        ours = who != "real"
        one = Dev(self._folder, *named, "--port", "0", *flags) if ours else Real(self._folder, *named)
        self.running.append(one)
        return httpx.Client(base_url=one.url, timeout=30, trust_env=False)

    @property
    def dev(self) -> Dev:
        [one] = self.running
        assert isinstance(one, Dev)
        return one


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    starting = Start(tmp_path, monkeypatch)
    yield starting
    for one in starting.running:
        one.stop()


def _real(part: str, who: str) -> str:
    real = program("wrangler") if who == "python" else installed("wrangler")
    return str(Path(str(real)).parent / part)


def language(who: str) -> str:
    return "python" if who == "python" else "javascript"


PAIRS = [
    ("python", "python"),
    pytest.param("python", "javascript", marks=pytest.mark.workerd),
    pytest.param("javascript", "python", marks=pytest.mark.workerd),
    pytest.param("javascript", "javascript", marks=pytest.mark.workerd),
    pytest.param("real", "real", marks=pytest.mark.wrangler),
]


def started_by(caller: str, callee: str) -> str:
    return caller if caller == callee else "both"


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


@pytest.mark.parametrize(("caller", "callee"), PAIRS)
def test_workers_call_each_other(caller: str, callee: str, start: Start) -> None:
    folders = f"services/{language(caller)}/shop", f"services/{language(callee)}/stock"
    with start(started_by(caller, callee), *folders) as client:
        assert client.get("/").json() == SHOP
        fetched = client.get("/fetch")
        assert (fetched.status_code, fetched.headers["shelf"]) == (203, "3")
        assert fetched.text == "POST http://stock/shelf?place=1 1 milk cellar"
        carried = {"mine": "2", "authorization": "of its own"}
        passed = client.put("/pass?a=%20b", content="x", headers=carried).text
        assert passed in [f"PUT http://{host}/pass?a=%20b 2 x cellar" for host in ("localhost", "127.0.0.1")]


REFUSED = "{} cannot be sent between Workers in JavaScript and Python here."
VALUES = {
    "none": None,
    "nothing": "undefined undefined",
    "yes": True,
    "text": "ü😀",
    "lone": "\ud800",
    "number": "number 1.5",
    "zero": "number -0",
    "nan": "number NaN",
    "big": "bigint 18446744073709551616",
    "date": "Date 86400000",
    "map": ["Map", ["a", "number 1"]],
    "set": ["Set", "number 1"],
    "bytes": ["Uint8Array", "1", "255"],
    "buffer": ["ArrayBuffer", 2],
    "floats": ["Float64Array", "0.5"],
    "list": [["number 1"], {}],
    "error": ["RangeError", "far"],
}
# What comes back from Python, by the conversions of the SDK.
THROUGH_PYTHON = {
    "nothing": None,
    "zero": "number 0",
    "map": {"a": "number 1"},
    "buffer": ["Uint8Array", "2"],
}
FROM_JAVASCRIPT = {
    "values": VALUES,
    "later": "later",
    "twice": [{"a": "number 1"}, {"a": "number 1"}],
    "range": ["threw", "RangeError", "too far"],
    "coded": ["threw", "Error", "Coded: of its own"],
    "plain": ["threw", "Error", "no error"],
    "rejected": ["threw", "TypeError", "rejected"],
}
NOT_OF_PYTHON = ("nothing", "lone", "zero", "nan", "map", "buffer", "floats")
OF_PYTHON = {name: one for name, one in VALUES.items() if name not in NOT_OF_PYTHON} | {
    "error": ["Error", "far"]
}
FROM_PYTHON = {
    "values": OF_PYTHON,
    "range": ["threw", "Error", "ValueError: too far"],
    "coded": ["threw", "Error", "methods.Coded: of its own"],
    "tuple": ["threw", "Error", "PythonError: TypeError: <class 'tuple'> cannot be sent over RPC."],
    "stub": ["threw", "Error", "DataCloneError: function <lambda> could not be cloned."],
    "response": ["threw", "TypeError", REFUSED.format("An object of class Response")],
}
UNKNOWN = 'Could not serialize object of type "Own". This type does not support serialization.'


@pytest.mark.parametrize(("caller", "callee"), PAIRS[2:])
def test_methods_take_and_give_what_javascript_has(caller: str, callee: str, start: Start) -> None:
    is_python = callee == "python"
    made, back = (FROM_PYTHON, THROUGH_PYTHON) if is_python else (FROM_JAVASCRIPT, {})
    folders = "methods/javascript/asks", f"methods/{language(callee)}/answers"
    with start(started_by(caller, callee), *folders) as client:
        told = client.post("/", json={"echo": [*VALUES], "make": [*made]}).json()
    function = ["threw", "TypeError", REFUSED.format("A function")] if is_python else "sent"
    rest = {"arguments": [], "function": function, "object": ["threw", "DataCloneError", UNKNOWN]}
    assert told == VALUES | back | made | rest


PYTHON_VALUES = {
    "none": "NoneType None",
    "yes": "bool True",
    "text": "str 'ü😀'",
    "number": "float 1.5",
    "big": "BigInt 18446744073709551616",
    "date": "datetime datetime.datetime(1970, 1, 2, 0, 0)",
    "set": "set {1}",
    "bytes": "list [1, 255]",
    "list": "list [[1], {}]",
    "error": "Exception Exception('Error: far')",
}
OF_JAVASCRIPT = PYTHON_VALUES | {
    "lone": "str '\\ud800'",
    "nothing": "NoneType None",
    "zero": "int 0",
    "nan": "float nan",
    "map": {"a": "int 1"},
    "buffer": "list [2]",
    "floats": "list [0.5]",
    "error": "JsException JsException('RangeError', 'far')",
}


@pytest.mark.parametrize(("caller", "callee"), PAIRS[:2])
def test_methods_take_and_give_what_python_has(caller: str, callee: str, start: Start) -> None:
    is_python = callee == "python"
    made: dict[str, Any] = {
        "values": PYTHON_VALUES if is_python else OF_JAVASCRIPT,
        "range": ["raised", "PythonError" if is_python else "RangeError", "ValueError: too far"],
    }
    with start(started_by(caller, callee), "methods/python/asks", f"methods/{callee}/answers") as client:
        told = client.post("/", json={"echo": [*PYTHON_VALUES], "make": [*made]}).json()
    function = ["raised", "DataCloneError", "function <lambda> could not be cloned."]
    rest: dict[str, Any] = {"arguments": [], "keywords": ["int 1", "JsDict {'a': 2}"], "function": function}
    if not is_python:
        made["range"][-1] = "too far"
        rest["keywords"] = ["number 1", {"a": "number 2"}]
        rest["function"] = ["raised", "TypeError", REFUSED.format("A function")]
    assert told == (PYTHON_VALUES if is_python else OF_PYTHON) | made | rest


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


SLOW = "delivery_delay = 1\n"


@pytest.mark.parametrize("language", EVERY[:2])
def test_a_delayed_message_comes_when_time_has_moved(language: str, start: Start) -> None:
    folder = f"queues/{language}"
    hour = (DATA / folder / "wrangler.toml").read_text().replace(SLOW, SLOW.replace("1", "3600"))
    with start(language, folder, flags=("--conditions", "production"), changed=hour) as client:
        assert client.post("/", json=[["LATER", ["x"]], ["Q", ["now"]]]).text == "sent"
        assert seen(client, 1) == [["q", [["now", 1]]]]
        client.get("/cdn-cgi/local/clock?advance=2h")
        assert seen(client, 2) == [["later", [["x", 1]]], ["q", [["now", 1]]]]


def test_the_start_names_workers_and_queues_and_what_is_missing(start: Start) -> None:
    start("python", "services/python/shop", "services/python/stock", "queues/python")
    said = "".join(start.dev.lines)
    assert "shop has access to the following bindings:" in said
    assert re.search(r"env\.COUNT \(stock#Count\) +Worker\n", said)
    assert re.search(r"env\.GONE \(gone\) +Worker, which does not run: add its configuration with -c\n", said)
    assert re.search(r"env\.Q \(q\) +Queue\n", said)
    assert re.search(r"queue\(\) of q +Queue, batches of 2 or after 0 s\n", said)
    assert "Not emulated" not in said


def test_a_queue_without_a_consumer_is_named_at_the_start(start: Start) -> None:
    config = DATA / "queues" / "python" / "wrangler.toml"
    alone = config.read_text().partition("[[queues.consumers]]")[0]
    start("python", "queues/python", changed=alone)
    said = "".join(start.dev.lines)
    assert re.search(r"env\.Q \(q\) +Queue, which no Worker consumes: messages are gone\n", said)


def test_a_changed_file_of_any_of_the_workers_is_loaded(tmp_path: Path, start: Start) -> None:
    with start("python", "services/python/shop", "services/python/stock") as client:
        assert client.get("/").json()["add"] == 3
        path = tmp_path / "services" / "python" / "stock" / "stock.py"
        path.write_text(path.read_text().replace("return a + b", "return a + b + 100"))
        for _ in ("shop", "stock"):
            start.dev.read_until("updated and ready")
        assert client.get("/").json()["add"] == 103


def test_workers_that_cannot_be_together_are_refused(tmp_path: Path) -> None:
    for name in ("one", "two"):
        shutil.copytree(DATA / "queues" / "python", tmp_path / name)
    both = ("dev", "-c", "one/wrangler.toml", "-c", "two/wrangler.toml", "--port", "0")
    same = wrangler(*both, cwd=tmp_path)
    assert same.returncode == 1
    said = same.stdout + same.stderr
    assert "two/wrangler.toml has the name orders of another: give each of several Workers a `name`" in said
    config = tmp_path / "two" / "wrangler.toml"
    config.write_text(config.read_text().replace('name = "orders"', 'name = "other"'))
    twice = wrangler(*both, cwd=tmp_path)
    assert twice.returncode == 1
    assert 'Multiple consumers defined for queue "q": "orders" and "other"' in twice.stdout + twice.stderr
    (tmp_path / "one" / "wrangler.toml").write_text('name = "site"\nassets = { directory = "." }\n')
    alone = wrangler(*both, cwd=tmp_path)  # nothing would call the second
    assert alone.returncode == 1
    assert "one/wrangler.toml has no `main`" in alone.stdout + alone.stderr


@pytest.mark.workerd
def test_a_worker_that_does_not_start_leaves_the_queues_to_the_one_that_runs(
    tmp_path: Path, start: Start
) -> None:
    with start("javascript", "queues/javascript") as client:
        folder = tmp_path / "queues" / "javascript"
        config = folder / "wrangler.toml"
        config.write_text(config.read_text().partition("[[queues.consumers]]")[0])
        code = folder / "orders.js"
        code.write_text("throw new Error('not yet');" + code.read_text())
        start.dev.read_until("The previous version of the Worker keeps running.")
        assert client.post("/", json=[["Q", ["a"]]]).text == "sent"
        assert seen(client, 1) == [["q", [["a", 1]]]]


@pytest.mark.workerd
def test_queues_lead_from_one_language_to_the_other(start: Start) -> None:
    with start("both", "both/python", "both/javascript") as client:
        assert client.get("/").text == "sent"
        there = start.dev.read_until("javascript got").strip()
        assert there == 'javascript got q [{"from":"python","n":[1,null]}]'
        assert start.dev.read_until("python got").startswith(
            "python got back [{'a': datetime.datetime(1970, 1, 1"
        )
