"""The public face of the package: sorted, complete, and loaded piece by piece."""

import subprocess
import sys

import pytest

import kvstore


def test_public_names_exist_and_have_one_home() -> None:
    assert set(kvstore.__all__) == set(kvstore._HOMES)
    for name in kvstore.__all__:
        assert getattr(kvstore, name).__class__


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'kvstore' has no attribute 'nothing'"):
        _ = kvstore.nothing


def test_a_state_folder_is_listed_without_aiosqlite() -> None:
    program = (
        "import kvstore, sys; kvstore.StateStore, kvstore.KVNamespace; print('aiosqlite' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout == "False\n"
