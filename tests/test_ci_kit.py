"""What `examples/ci` offers: the action's steps are run, and the Dockerfile is held against the project."""

import json
import re
import shlex
import subprocess
import tomllib
import venv
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
CI = ROOT / "examples" / "ci"
LINKS = ROOT / "examples" / "links"


def action() -> dict[str, Any]:
    yaml: Any = pytest.importorskip("yaml")
    read: dict[str, Any] = yaml.safe_load((CI / "action.yml").read_text())
    return read


def filled(text: str, inputs: dict[str, str]) -> str:
    """A text of the action with its inputs, as GitHub fills it in."""
    return re.sub(r"\$\{\{ *inputs\.(\w+) *\}\}", lambda found: inputs[found[1]], text)


@pytest.mark.wheel
def test_the_steps_of_the_action_run_one_after_the_other(tmp_path: Path) -> None:
    given = {"migration": str(LINKS / "naive.py"), "from": str(LINKS / "links.json"), "package": str(ROOT)}
    asked = action()["inputs"]
    assert set(given) == {name for name, one in asked.items() if one.get("required")}
    inputs = given | {name: one["default"] for name, one in asked.items() if "default" in one}
    venv.create(tmp_path / "python", with_pip=True)
    output = tmp_path / "output"
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    environment = {
        "PATH": f"{tmp_path / 'python' / 'bin'}:/usr/bin:/bin",
        "HOME": str(tmp_path),
        "GITHUB_OUTPUT": str(output),
    }
    codes = []
    for step in action()["runs"]["steps"]:
        if "run" not in step:
            continue
        own = {name: filled(value, inputs) for name, value in step.get("env", {}).items()}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", filled(step["run"], inputs)],
            cwd=workspace,
            env=environment | own,
            capture_output=True,
            text=True,
        )
        codes.append(done.returncode)
        assert done.returncode in (0, 1), done.stderr
    assert codes == [0, 1]  # installed, and a NO-GO
    assert json.loads((workspace / "part-0.json").read_text())["seeds"] == [[1, 500]]
    assert output.read_text() == "report=part-0.json\n"
    kept = next(step for step in action()["runs"]["steps"] if "upload-artifact" in step.get("uses", ""))
    for pattern in kept["with"]["path"].split():
        assert list(workspace.glob(pattern)), f"the action keeps {pattern}, and there is none"


def instructions() -> list[tuple[str, str]]:
    text = (CI / "Dockerfile").read_text().replace("\\\n", "")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(line.partition(" ")[0], line.partition(" ")[2]) for line in lines]


def test_the_dockerfile_is_about_this_project() -> None:
    found = instructions()
    stages = [words.rpartition(" AS ")[2] for name, words in found if name == "FROM" and " AS " in words]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for name, words in found:
        assert name in {"FROM", "RUN", "COPY", "ENV", "USER", "WORKDIR", "ENTRYPOINT"}
        if name == "RUN":
            assert shlex.split(words)
        if stage := re.search(r"--from=(\w+)", words):
            assert stage[1] in stages
        if extras := re.search(r"/source\[([\w,]+)\]", words):
            assert set(extras[1].split(",")) <= project["optional-dependencies"].keys()
        if name == "ENTRYPOINT":
            assert json.loads(words)[0] in project["scripts"]
    base = next(words for name, words in found if name == "FROM" and words.startswith("python:"))
    version = re.match(r"python:(3\.\d+)-", base)
    assert version is not None
    assert f"Programming Language :: Python :: {version[1]}" in project["classifiers"]
