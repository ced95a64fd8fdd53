"""What the recordings do not show: help, the old spelling, pipes, damaged state."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kvstore.conditions import CONDITIONS
from kvstore.stores.state_names import database_path, state_root
from worker.config import load_config
from worker.sdk import surroundings
from wrangler_compat.commands import COMMANDS, Command
from wrangler_compat.dev import flags
from wrangler_compat.main import main

CONFIG = 'name = "demo"\nmain = "index.js"\n[[kv_namespaces]]\nbinding = "CACHE"\nid = "abc"\n'


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "wrangler.toml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command.words))
def test_help_shows_every_flag_and_an_example(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command.words, "--help"], {}) == 0
    out = capsys.readouterr().out
    assert all(f"--{flag.name}" in out for flag in command.flags)
    assert f"EXAMPLE\n  {command.example}" in out


@pytest.mark.parametrize("words", [(), ("kv",), ("kv", "key"), ("kv:key",)])
def test_a_group_alone_shows_its_commands(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(list(words), {}) == 0
    assert "wrangler-compat kv key list" in capsys.readouterr().out


def test_the_guides_two_commands_work_as_printed(capsys: pytest.CaptureFixture[str]) -> None:
    main(["kv", "key", "put", "queue:task:1", "t", "--binding=CACHE"], {})
    main(["kv", "key", "put", "queue:lease:1", "l", "--binding=CACHE"], {})
    capsys.readouterr()
    assert main(["kv:key", "list", "--binding=CACHE", "--prefix=queue:task:"], {}) == 0
    assert capsys.readouterr().out == '[\n  {\n    "name": "queue:task:1"\n  }\n]\n'
    assert main(["kv:key", "delete", "--binding=CACHE", "queue:lease:1"], {}) == 0
    assert 'Deleting the key "queue:lease:1" on namespace binding: "CACHE"' in capsys.readouterr().out
    main(["kv", "key", "list", "--binding=CACHE"], {})
    assert "queue:lease:1" not in capsys.readouterr().out


def test_the_table_of_commands_loads_no_server_and_no_sdk() -> None:
    loaded = "[name for name in ('worker.sdk', 'starlette') if name in sys.modules]"
    code = f"import sys, wrangler_compat.main; print({loaded})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
    assert flags.ESCAPES == surroundings.ESCAPES
    assert tuple(CONDITIONS) == flags.CONDITIONS


def test_a_command_reads_its_configuration_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Path] = []

    def counted(path: Path, *given: object, **options: object) -> object:
        read.append(path)
        return load_config(path, *given, **options)  # type: ignore[arg-type]

    monkeypatch.setattr("wrangler_compat.cli.project.load_config", counted)
    for words in (["key", "list"], ["key", "put", "a", "1"], ["key", "get", "a"], ["key", "delete", "a"]):
        assert main(["kv", *words, "--binding=CACHE"], {}) == 0
        assert len(read) == 1, words
        read.clear()


def test_a_damaged_state_file_is_named(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = database_path(state_root(project), "abc")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no database" * 500)
    assert main(["kv", "key", "list", "--binding=CACHE"], {}) == 1
    assert path.name in capsys.readouterr().err


def test_a_key_of_493_bytes_is_a_key_and_513_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["kv", "key", "get", "k" * 493, "--binding=CACHE"], {}) == 0
    assert main(["kv", "key", "get", "k" * 513, "--binding=CACHE"], {}) == 1
    assert "414 UTF-8 encoded length of 513 exceeds key length limit of 512" in capsys.readouterr().err


def test_a_closed_pipe_is_no_error(project: Path) -> None:
    command = f"{sys.executable} -m wrangler_compat kv key list --binding=CACHE | true"
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {command}"], cwd=project, capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")


def test_serving_a_python_worker_imports_only_what_it_needs() -> None:
    needless = ["starlette.routing", "cronsim", "httpx", "worker.r2.binding", "worker.messaging.batch"]
    needless += ["kvstore.layers.edge", "wrangler_compat.dev.javascript", "wrangler_compat.dev.together"]
    code = (
        "import sys, wrangler_compat.dev.command; from worker.runtime import create_app, open_local;"
        f"print([name for name in {needless} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "[]\n", done


def test_listing_keys_imports_no_server() -> None:
    code = (
        "import sys; from wrangler_compat.main import main;"
        "main(['kv', 'key', 'list', '--binding=CACHE'], {});"
        "print([name for name in ('httpx', 'starlette', 'uvicorn', 'jinja2') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.endswith("[]\n[]\n"), done


@pytest.mark.skipif(os.name != "posix", reason="permissions are those of POSIX")
@pytest.mark.parametrize(("mode", "shared"), [(0o700, 0), (0o755, 0o055)])
def test_local_state_is_as_private_as_the_project(
    mode: int, shared: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "wrangler.toml").write_text(CONFIG)
    project.chmod(mode)
    monkeypatch.chdir(project)
    before = os.umask(0o022)
    try:
        assert main(["kv", "key", "put", "k", "v", "--namespace-id", "n", "--local"], {}) == 0
    finally:
        os.umask(before)
    made = [*(project / ".wrangler").rglob("*"), project / ".wrangler"]
    assert any(path.suffix == ".sqlite" for path in made)
    for path in made:
        assert path.stat().st_mode & 0o077 == (shared if path.is_dir() else shared & 0o044)
