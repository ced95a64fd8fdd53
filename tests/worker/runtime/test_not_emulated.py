"""A binding of a kind that is not emulated is named, and never silently absent."""

from pathlib import Path

import pytest

from tests.worker.runtime.projects import answering, asked, project
from worker.config import load_config
from worker.runtime import LoadError, load_configured, load_worker
from worker.sdk.env import NotEmulatedError

pytestmark = pytest.mark.anyio

KINDS = {
    '[[r2_buckets]]\nbinding = "X"\nbucket_name = "bucket"': "R2 Bucket",
    '[[services]]\nbinding = "X"\nservice = "other"': "Worker",
    '[[queues.producers]]\nbinding = "X"\nqueue = "q"': "Queue",
    '[ai]\nbinding = "X"': "AI",
    '[[send_email]]\nname = "X"': "Send Email",
    '[[vectorize]]\nbinding = "X"\nindex_name = "i"': "Vectorize Index",
}
USES = ["self.env.X", "hasattr(self.env, 'X')", "getattr(self.env, 'X', None)", "bool(env.X)"]


def folder(tmp_path: Path, section: str, files: dict[str, str]) -> Path:
    found = project(tmp_path / "a", files)
    with (found / "wrangler.toml").open("a") as file:
        file.write(section + "\n")
    return found


@pytest.mark.parametrize("section", KINDS)
def test_each_kind_is_known_by_its_name(tmp_path: Path, section: str) -> None:
    path = folder(tmp_path, section, {}) / "wrangler.toml"
    assert load_config(path).not_emulated == {"X": KINDS[section]}


def test_emulated_bindings_and_plain_sections_are_not_listed(tmp_path: Path) -> None:
    section = '[vars]\nA = "1"\n[assets]\ndirectory = "public"\n[[kv_namespaces]]\nbinding = "KV"\nid = "a"'
    assert load_config(folder(tmp_path, section, {}) / "wrangler.toml").not_emulated == {}


@pytest.mark.parametrize("use", USES)
async def test_a_worker_that_asks_for_one_is_told(tmp_path: Path, use: str) -> None:
    path = folder(tmp_path, next(iter(KINDS)), answering(use, "from workers import env")) / "wrangler.toml"
    worker = load_configured(load_config(path), {})
    with pytest.raises(NotEmulatedError, match=r"^env.X is bound to .* not emulated here: R2 Bucket$"):
        await asked(worker)


@pytest.mark.parametrize("section", KINDS)
def test_a_rehearsal_refuses_each_kind_also_those_that_dev_emulates(tmp_path: Path, section: str) -> None:
    found = folder(tmp_path, section, answering("1"))
    with pytest.raises(LoadError, match=rf"binds what is not emulated: env.X \({KINDS[section]}\)\."):
        load_worker(found, {})
    load_worker(found, {}, without=["X"])
    assert load_worker(found, {"X": "something else"}).env.X == "something else"
