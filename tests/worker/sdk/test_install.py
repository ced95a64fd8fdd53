"""The modules that a Worker imports."""

import ast
import importlib
import sys
from pathlib import Path

import pytest

import worker.sdk
from worker.sdk.install import install

MODULES = (
    "asgi",
    "js",
    "pyodide",
    "pyodide.ffi",
    "pyodide.http",
    "workers",
    "workers.asgi",
    "workers.blob",
    "workers.entrypoints",
    "workers.formdata",
    "workers.gateway",
    "workers.request",
    "workers.response",
    "workers.rpc",
    "workers.types",
    "workers.utils",
    "workers.workflows",
    "workers.wsgi",
)


@pytest.mark.parametrize("name", MODULES)
def test_module_is_importable(name: str) -> None:
    assert importlib.import_module(name) is sys.modules[name]


def test_installing_again_changes_nothing() -> None:
    before = {name: sys.modules[name] for name in MODULES}
    install()
    assert {name: sys.modules[name] for name in MODULES} == before


def test_workers_shows_its_names_and_nothing_else() -> None:
    workers = importlib.import_module("workers")
    shown = {name for name in vars(workers) if not name.startswith("_")}
    parts = {name.removeprefix("workers.") for name in MODULES if name.startswith("workers.")}
    assert shown == {*worker.sdk.__all__, *parts}
    assert worker.sdk.__all__ == sorted(worker.sdk.__all__)


def test_typings_show_the_same_names() -> None:
    stub = Path(worker.sdk.__file__).parents[1] / "typings" / "workers" / "__init__.pyi"
    imports = [node for node in ast.parse(stub.read_text()).body if isinstance(node, ast.ImportFrom)]
    names = {alias.name for node in imports for alias in node.names if node.module == "worker.sdk"}
    assert names == set(worker.sdk.__all__)


def test_missing_javascript_fails_by_name() -> None:
    with pytest.raises(ImportError, match=r"NoSuchThing"):
        from js import NoSuchThing  # noqa: F401


def test_javascript_module_that_is_not_emulated_fails_by_name() -> None:
    workers = importlib.import_module("workers")
    assert workers.import_from_javascript("cloudflare:workers").env is workers.env
    with pytest.raises(ImportError, match=r"^Failed to import 'x': only 'cloudflare:workers' is emulated.$"):
        workers.import_from_javascript("x")
