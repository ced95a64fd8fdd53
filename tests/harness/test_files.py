"""Which files are a Worker's code: a search of other code is another search."""

from pathlib import Path

import pytest

from harness.cli.run import Wanted, open_migration
from harness.system.files import JAVASCRIPT, PYTHON, code_files, source_files
from tests.harness.declared.declaring import SAME

OWN = (
    *("src/entry.py", "src/index.ts", "dist/index.js", "migrations/0001_first.sql"),
    *("wrangler.toml", "wrangler.json"),
)
MIGRATION = f"""
from harness import Migration

m = Migration("m", before="worker", after="worker", binding="KV")
{SAME}"""
OTHERS = ("node_modules/a/index.js", ".venv/x.py", "tests/test_x.py", "report.json", "a.html")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in (*OWN, *OTHERS):
        path = tmp_path / "worker" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}" if name.endswith(".json") else "")
    return tmp_path / "worker"


def test_code_is_the_workers_own_source_and_its_configuration(folder: Path) -> None:
    assert {one.relative_to(folder).as_posix() for one in code_files(folder)} == set(OWN)
    assert source_files(folder, PYTHON) == [folder / "src/entry.py"]
    assert source_files(folder, JAVASCRIPT) == [folder / "src/index.ts"]


@pytest.mark.parametrize("name", [one for one in OWN if one != "wrangler.json"])
def test_digest_changes_with_any_file_of_the_code(folder: Path, name: str) -> None:
    (folder / "wrangler.json").unlink()
    (folder / "wrangler.toml").write_text(
        'main = "src/entry.py"\ncompatibility_flags = ["python_workers"]\n'
        'kv_namespaces = [{binding = "KV", id = "0"}]\n'
    )
    (folder / "src/entry.py").write_text("async def on_fetch(request, env):\n    pass\n")
    file, entries = folder.parent / "migration.py", folder.parent / "entries.json"
    file.write_text(MIGRATION)
    entries.write_text('[{"key": "a", "value": "1"}]')
    wanted = Wanted(file, [str(entries)], "2026-11-29T12:00:00Z")
    before = open_migration(wanted).about.digest
    assert open_migration(wanted).about.digest == before
    (folder / "report.json").write_text("[]")
    assert open_migration(wanted).about.digest == before
    comment = {".py": "# x\n", ".toml": "# x\n"}.get(Path(name).suffix, "// x\n")
    with (folder / name).open("a") as code:
        code.write(comment)
    assert open_migration(wanted).about.digest != before
