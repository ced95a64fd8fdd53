"""The built wheel works in an empty environment."""

import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

pytestmark = pytest.mark.wheel


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True)


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment that holds nothing but the wheel and what it requires."""
    folder = tmp_path_factory.mktemp("wheel")
    built = run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=ROOT)
    assert built.returncode == 0, built.stderr
    wheel = next(folder.glob("*.whl"))
    venv.create(folder / "venv", with_pip=True)
    programs = folder / "venv" / "bin"
    installed = run(programs / "python", "-m", "pip", "install", "-q", wheel, cwd=folder)
    assert installed.returncode == 0, installed.stderr
    return programs


def test_the_wheel_rehearses_the_example(programs: Path, tmp_path: Path) -> None:
    done = run(programs / "rehearse", "--quiet", cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    assert "NO-GO" in done.stdout


def test_the_wheel_lists_keys(programs: Path, tmp_path: Path) -> None:
    put = ("kv", "key", "put", "a", "1", "--namespace-id", "n")
    assert run(programs / "wrangler-compat", *put, cwd=tmp_path).returncode == 0
    listed = run(
        programs / "python", "-m", "wrangler_compat", "kv", "key", "list", "--namespace-id", "n", cwd=tmp_path
    )
    assert listed.stdout == '[\n  {\n    "name": "a"\n  }\n]\n'


def test_a_bare_install_brings_few_packages(programs: Path, tmp_path: Path) -> None:
    listed = run(programs / "python", "-m", "pip", "list", "--format", "freeze", cwd=tmp_path).stdout.split()
    brought = {line.partition("==")[0] for line in listed} - {
        "pip",
        "setuptools",
        "understudy-kv",
        "understudy_kv",
    }
    assert len(brought) <= 20, brought  # D1's SQLite and the parser of URLs are five of them, cffi's included


@pytest.mark.parametrize(
    ("command", "extra"),
    [
        (("rehearse", "codeq"), "codeq"),
        (("rehearse", "codeq", "--help"), "codeq"),
        (("python", "-m", "worker.codeq", "issuer"), "codeq"),
        (("wrangler-compat", "dev", "--local-protocol", "https"), "https"),
    ],
)
def test_a_command_that_misses_an_extra_names_it(
    programs: Path, tmp_path: Path, command: tuple[str, ...], extra: str
) -> None:
    (tmp_path / "main.py").write_text(
        "from workers import WorkerEntrypoint\nclass Default(WorkerEntrypoint): ...\n"
    )
    (tmp_path / "wrangler.toml").write_text(
        'name = "w"\nmain = "main.py"\ncompatibility_date = "2026-01-01"\n'
        'compatibility_flags = ["python_workers"]\n'
    )
    done = run(programs / command[0], *command[1:], cwd=tmp_path)
    assert done.returncode == 3
    assert f"is not installed: pip install 'understudy-kv[{extra}]'\n" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_wheel_says_what_it_is(programs: Path, tmp_path: Path) -> None:
    code = "from importlib.metadata import metadata; print(metadata('understudy-kv').as_string())"
    said = run(programs / "python", "-c", code, cwd=tmp_path).stdout
    for minor in (11, 12, 13, 14):
        assert f"Classifier: Programming Language :: Python :: 3.{minor}\n" in said
    assert run(programs / "rehearse", "--version", cwd=tmp_path).stdout == "understudy 0.1.0\n"


def test_the_wheel_is_typed(programs: Path, tmp_path: Path) -> None:
    code = (
        "import importlib.resources as r;"
        "rooms = ('kvstore', 'worker', 'harness', 'wrangler_compat');"
        "print([(r.files(room) / 'py.typed').is_file() for room in rooms])"
    )
    assert run(programs / "python", "-c", code, cwd=tmp_path).stdout.strip() == "[True, True, True, True]"
