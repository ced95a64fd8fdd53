"""Keeps the house in order: which room may know which, and where time and chance come from."""

import ast
from importlib import import_module
from typing import Any

import pytest

from kvstore.on_demand import homes_of
from tests.house import ROOT, circle, every_file, files, folders, imported, modules, siblings

# Each room, and the rooms that it may import.
ROOMS = {
    "kvstore": {"kvstore"},
    "worker/config": {"kvstore", "worker.config"},
    "worker/sdk": {"kvstore", "worker.sdk"},
    "worker/durable": {"kvstore", "worker.d1", "worker.sdk", "worker.durable"},
    "worker/serving": {"kvstore.on_demand", "worker.serving"},
    "worker/assets": {"kvstore", "worker.assets", "worker.config", "worker.sdk"},
    "worker/messaging": {
        "kvstore",
        "worker.config",
        "worker.durable",
        "worker.messaging",
        "worker.sdk",
        "worker.serving",
    },
    "worker/runtime": {
        "kvstore",
        "worker.assets",
        "worker.config",
        "worker.d1",
        "worker.durable",
        "worker.r2",
        "worker.runtime",
        "worker.sdk",
        "worker.serving",
    },
    "worker/rest": {"kvstore", "worker.serving", "worker.rest"},
    "worker/cloudflare": {"kvstore", "worker.cloudflare"},
    "worker/kvwire": {"kvstore", "worker.serving", "worker.kvwire"},
    "worker/codeq": {"kvstore", "worker.program", "worker.serving", "worker.codeq"},
    "worker/r2": {"kvstore", "worker.r2", "worker.sdk", "worker.serving"},
    "worker/d1": {"kvstore", "worker.d1", "worker.sdk", "worker.serving"},
    "worker/javascript": {
        "kvstore",
        "worker.config",
        "worker.d1",
        "worker.javascript",
        "worker.kvwire",
        "worker.messaging",
        "worker.r2",
        "worker.runtime",
        "worker.sdk",
        "worker.serving",
    },
    "worker/queue/src": {"workers", "taskqueue"},
    "wrangler_compat": {"kvstore", "worker", "wrangler_compat"},
    "harness": {"kvstore", "worker", "harness"},
}
OURS = ("kvstore", "worker", "workers", "wrangler_compat", "harness", "tests")

# The only files that may ask the machine for time or chance.
SOURCES = {
    "kvstore/clock.py",
    "kvstore/entropy.py",
    "worker/runtime/sources.py",
    "worker/queue/src/taskqueue/platform.py",
}
FORBIDDEN = {
    "time.time": "Clock.now_ms()",
    "time.time_ns": "Clock.now_ms()",
    "time.monotonic": "kvstore.clock.stopwatch()",
    "time.perf_counter": "kvstore.clock.stopwatch()",
    "time.sleep": "Clock.sleep()",
    "asyncio.sleep": "Clock.sleep()",
    "datetime.now": "Clock.now_ms()",
    "datetime.utcnow": "Clock.now_ms()",
    "datetime.today": "Clock.now_ms()",
    "os.urandom": "Entropy.token()",
    "uuid.uuid1": "uuid.UUID(bytes=entropy.token(16), version=4)",
    "uuid.uuid4": "uuid.UUID(bytes=entropy.token(16), version=4)",
}
CHANCE = {"random", "secrets"}
LONGEST_FILE = 400
LONGEST_FUNCTION = 60
NEVER = ("manager", "helper", "util", "misc")


def within(module: str, allowed: set[str]) -> bool:
    return any(module == room or module.startswith(room + ".") for room in allowed)


@pytest.mark.parametrize("room", ROOMS)
def test_imports_run_one_way(room: str) -> None:
    for path in files(room):
        for module in imported(path):
            if module.split(".")[0] in OURS:
                assert within(module, ROOMS[room]), (
                    f"{path.relative_to(ROOT)} imports {module}; {room} may import {sorted(ROOMS[room])}: "
                    "move the code to the room that knows both, or pass what is needed as an argument"
                )


def test_no_file_imports_itself_by_way_of_others() -> None:
    assert circle(modules()) == []


def test_no_folder_imports_itself_by_way_of_its_neighbours() -> None:
    for folder in folders():
        assert circle(siblings(folder)) == [], folder or "the house"


def test_kvstore_knows_no_http_no_pytest_no_click() -> None:
    for path in files("kvstore"):
        for module in imported(path):
            assert module.split(".")[0] not in ("starlette", "uvicorn", "httpx", "pytest", "click"), path


def test_time_and_chance_come_from_their_modules() -> None:
    for path in every_file():
        place = path.relative_to(ROOT)
        if str(place) in SOURCES:
            continue
        for module in imported(path):
            assert module not in CHANCE, f"{place} imports {module}: take an Entropy"
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute):
                instead = FORBIDDEN.get(ast.unparse(node))
                assert instead is None, f"{place}:{node.lineno} uses {ast.unparse(node)}: use {instead}"


def test_nothing_is_too_long() -> None:
    for path in every_file():
        text = path.read_text()
        lines = len(text.splitlines())
        assert lines <= LONGEST_FILE, f"{path.relative_to(ROOT)} has {lines} lines: is it still one noun?"
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                assert length <= LONGEST_FUNCTION, (
                    f"{path.relative_to(ROOT)}:{node.lineno} {node.name} has {length} lines: name its parts"
                )


def test_files_are_named_for_what_is_in_them() -> None:
    for path in every_file():
        assert not any(word in path.stem for word in NEVER), f"{path.relative_to(ROOT)}: say what it is"


def test_every_file_says_what_lives_there() -> None:
    for path in every_file():
        assert ast.get_docstring(ast.parse(path.read_text())), f"{path.relative_to(ROOT)} has no docstring"


# What only one guide's migration knows.
ONE_GUIDES = ("/api/", "orchestrator:", "legacy:", "codeq", "queue:task:", "harness.migrations.")


def test_general_rooms_know_no_guide() -> None:
    for path in files("harness"):
        place = str(path.relative_to(ROOT))
        if place.startswith("harness/migrations/"):
            continue
        text = path.read_text()
        known = [word for word in ONE_GUIDES if word in text]
        assert not known, f"{place} knows {known}: that belongs to one migration"


@pytest.mark.parametrize(
    ("package", "known"),
    [
        ("harness", {"Migration", "Entry"}),
        ("harness.migrations.redis", {"REDIS", "Plan"}),
        ("worker.codeq", {"Server", "Settings"}),
    ],
)
def test_the_public_names_are_there(package: str, known: set[str]) -> None:
    module: Any = import_module(package)

    assert known <= set(module.__all__)
    homes = homes_of(module.__file__ + "i")
    assert [one for one in homes if getattr(module, one) is not getattr(import_module(homes[one]), one)] == []
    with pytest.raises(AttributeError, match="'nothing'"):
        module.nothing  # noqa: B018


# What migrations still take from inside the harness. The list only becomes shorter.
NOT_PUBLIC = {
    "harness.engine.interleaving": "Order following letter order_of",
    "harness.explore.tally": "DEADLOCK wording",
    "harness.terminal.numbers": "seeds whole",
    "harness.terminal.progress": "Progress",
    "harness.sources.remote": "Wanted copy_remote",
    "harness.system.transport": "ANSWER_SECONDS Answer Unanswered deliver",
}


# codeQ's is a migration of a Redis keyspace, with services of its own, and takes what that makes public.
STANDS_ON = {"harness.migrations.codeq": "harness/migrations/redis/__init__.pyi"}


def test_migrations_import_public_names_only() -> None:
    everybodys = homes_of(str(ROOT / "harness" / "__init__.pyi"))
    taken: dict[str, set[str]] = {}
    for path in files("harness/migrations"):
        own = ".".join(path.relative_to(ROOT).parts[:3])
        public = everybodys | (homes_of(str(ROOT / STANDS_ON[own])) if own in STANDS_ON else {})
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.ImportFrom) or not within(module := node.module or "", {"harness"}):
                continue
            for name in (one.name for one in node.names if not within(module, {own})):
                if module not in ("harness", public.get(name)):
                    taken.setdefault(module, set()).add(name)
    assert {module: " ".join(sorted(names)) for module, names in taken.items()} == NOT_PUBLIC, (
        "a migration takes what is public: name it in harness/__init__.pyi, or do without; what is no longer "
        "taken leaves the list"
    )
