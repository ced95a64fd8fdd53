"""The public face of the package: sorted, complete, and loaded piece by piece."""

import subprocess
import sys
from importlib import import_module
from pkgutil import iter_modules

import pytest

from tests.house import HOUSE, ROOT

ON_DEMAND = (
    "harness",
    "harness.migrations.redis",
    "kvstore",
    *(f"worker.{one}" for one in ("assets", "codeq", "d1", "javascript")),
    *(f"worker.{one}" for one in ("kvwire", "r2", "runtime", "serving")),
)


@pytest.mark.parametrize("package", ON_DEMAND)
def test_public_names_exist_and_are_no_modules(package: str) -> None:
    whole = import_module(package)
    assert whole.__all__
    assert not {one.name for one in iter_modules(whole.__path__)} & set(whole.__all__)
    assert all(hasattr(whole, name) for name in whole.__all__)


def test_every_package_with_a_stub_imports_on_demand() -> None:
    stubs = {path.parent.relative_to(ROOT) for room in HOUSE for path in (ROOT / room).rglob("__init__.pyi")}
    ours = {one for one in stubs if "typings" not in one.parts}
    assert {str(one).replace("/", ".") for one in ours} == set(ON_DEMAND)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'kvstore' has no attribute 'nothing'"):
        _ = import_module("kvstore").nothing


def test_a_state_folder_is_listed_without_aiosqlite() -> None:
    program = (
        "import kvstore, sys; kvstore.StateStore, kvstore.KVNamespace; print('aiosqlite' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout == "False\n"
