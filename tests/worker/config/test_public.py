import subprocess
import sys
from pathlib import Path

import worker.config

PROJECT = Path(__file__).parents[3]
HEAVY = ("asyncio", "httpx", "json", "kvstore", "sqlite3", "starlette")


def test_public_names_are_sorted_and_complete() -> None:
    assert sorted(worker.config.__all__) == worker.config.__all__
    assert all(hasattr(worker.config, name) for name in worker.config.__all__)


def test_loading_a_plain_configuration_imports_nothing_heavy(tmp_path: Path) -> None:
    path = tmp_path / "wrangler.toml"
    path.write_text('name = "w"\nvars = { A = 1 }\nkv_namespaces = [{ binding = "KV", id = "x" }]\n')
    load = f"import pathlib, sys, worker.config; worker.config.load_config(pathlib.Path({str(path)!r}))"
    command = [sys.executable, "-c", f"{load}; print(*set({HEAVY!r}).intersection(sys.modules))"]
    result = subprocess.run(command, capture_output=True, text=True, check=True, cwd=PROJECT)
    assert result.stdout.split() == [], "import it inside the function that needs it"
