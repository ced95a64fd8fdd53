"""Workers that bind what is not emulated are rehearsed without it, where the migration allows it by name."""

import json
from pathlib import Path

import pytest

from harness.cli.run import Opened, Wanted, open_migration
from harness.migration import MigrationError
from harness.model.scenario import Scenario
from harness.rehearsal.subject import loaded
from harness.system.javascript.code import JavaScriptCode
from tests.harness.declared.declaring import SAME
from tests.harness.javascript.running import OPEN

CONFIG = """
name = "notes"
main = "{main}"
compatibility_date = "2026-04-21"
compatibility_flags = [{flags}]
kv_namespaces = [{{ binding = "NOTES", id = "1" }}]
"""
JAVASCRIPT = """
[ai]
binding = "AI"
[assets]
directory = "."
binding = "ASSETS"
[[durable_objects.bindings]]
name = "COUNTER"
class_name = "Counter"
"""
ALL = ["AI", "ASSETS", "COUNTER"]
CODE = """
import { DurableObject } from "cloudflare:workers";
export class Counter extends DurableObject {}
export default { async fetch(request, env) {
  const name = new URL(request.url).pathname.slice(1);
  await NAMES[name]?.(env);
  return new Response(await env.NOTES.get(name));
} };
const NAMES = {
  "AI": (env) => env.AI.run("model"),
  "ASSETS": (env) => env.ASSETS.fetch("http://assets/"),
  "COUNTER": (env) => env.COUNTER.idFromName("a"),
};
"""
PYTHON = """
from workers import Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        name = request.url.rpartition("/")[2]
        if name == "FILES":
            await self.env.FILES.get("a")
        return Response(await self.env.NOTES.get(name) or "")
"""
MIGRATION = f"""
from harness import Migration

m = Migration("notes", before="worker", after="worker", binding="NOTES", without={{without!r}})
{SAME}
    await op.get("/{{asked}}")
"""


def opened(folder: Path, without: list[str], asked: str) -> Opened:
    """The migration, whose operator asks for a name."""
    file = folder / f"{asked}.py"
    file.write_text(MIGRATION.format(without=without, asked=asked))
    (folder / "entries.json").write_text(json.dumps([{"key": "a", "value": "1"}]))
    sources = [str(folder / "entries.json")]
    found = open_migration(Wanted(file, sources, at="2026-11-30T12:00:00Z"))
    codes = [stage.worker_code for stage in loaded(found.subject).stages.all()]
    OPEN.extend(code for code in codes if isinstance(code, JavaScriptCode) and code not in OPEN)
    return found


def status(found: Opened) -> int | None:
    """What the operator was answered with."""
    record = found.subject.simulate(Scenario())
    (answered,) = (call.status for call in record.calls if call.name.startswith("operator"))
    return answered


@pytest.fixture
def javascript_worker(tmp_path: Path) -> Path:
    folder = tmp_path / "worker"
    folder.mkdir()
    (folder / "wrangler.toml").write_text(CONFIG.format(main="index.js", flags="") + JAVASCRIPT)
    (folder / "index.js").write_text(CODE)
    return tmp_path


@pytest.fixture
def python_worker(tmp_path: Path) -> Path:
    folder = tmp_path / "worker"
    folder.mkdir()
    bucket = '[[r2_buckets]]\nbinding = "FILES"\nbucket_name = "files"\n'
    (folder / "wrangler.toml").write_text(CONFIG.format(main="entry.py", flags='"python_workers"') + bucket)
    (folder / "entry.py").write_text(PYTHON)
    return tmp_path


@pytest.mark.workerd
@pytest.mark.usefixtures("javascript")
@pytest.mark.parametrize("name", ALL)
def test_a_javascript_worker_is_rehearsed_without_what_is_named(javascript_worker: Path, name: str) -> None:
    assert status(opened(javascript_worker, ALL, "a")) == 200
    found = opened(javascript_worker, ALL, name)
    assert status(found) == 500
    assert f"env.{name} " in " ".join(found.about.left)
    assert "is not emulated: a request that uses it fails" in " ".join(found.about.left)


@pytest.mark.workerd
@pytest.mark.usefixtures("javascript")
def test_a_javascript_worker_is_refused_for_what_is_not_named(javascript_worker: Path) -> None:
    with pytest.raises(MigrationError, match=r"env\.AI \(AI\)\. Where nothing depends on it, say without="):
        opened(javascript_worker, ALL[1:], "a")


def test_a_python_worker_is_rehearsed_without_what_is_named(python_worker: Path) -> None:
    assert status(opened(python_worker, ["FILES"], "a")) == 200
    assert status(opened(python_worker, ["FILES"], "FILES")) == 500


def test_a_python_worker_is_refused_for_what_is_not_named(python_worker: Path) -> None:
    with pytest.raises(MigrationError, match=r"env\.FILES \(R2 Bucket\)\. .* say without=\['FILES'\]"):
        opened(python_worker, [], "a")


@pytest.mark.parametrize("language", ["python", "javascript"])
@pytest.mark.parametrize(
    ("section", "kind"),
    [
        ('[[services]]\nbinding = "X"\nservice = "other"\n', "Worker"),
        ('[[queues.producers]]\nbinding = "X"\nqueue = "q"\n', "Queue"),
    ],
)
def test_what_only_dev_emulates_is_refused_in_both_languages(
    language: str, section: str, kind: str, request: pytest.FixtureRequest
) -> None:
    folder: Path = request.getfixturevalue(f"{language}_worker")
    with (folder / "worker" / "wrangler.toml").open("a") as file:
        file.write(section)
    with pytest.raises(MigrationError, match=rf"env\.X \({kind}\)\. .*say without="):
        opened(folder, ["FILES"] if language == "python" else ALL, f"{language}{kind}")


def test_a_name_that_no_worker_binds_is_refused(python_worker: Path) -> None:
    with pytest.raises(
        MigrationError, match="without='AI' names no binding that is not emulated; .* have FILES"
    ):
        opened(python_worker, ["AI", "FILES"], "a")
