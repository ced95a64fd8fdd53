"""A Worker is loaded with another text than what is in one of its files."""

from pathlib import Path

from worker.runtime import load_worker

CONFIG = """
name = "w"
main = "src/entry.py"
compatibility_date = "2026-04-21"
compatibility_flags = ["python_workers"]
"""


def test_texts_are_read_in_the_place_of_the_entry_file_and_of_what_it_imports(tmp_path: Path) -> None:
    (tmp_path / "wrangler.toml").write_text(CONFIG)
    (tmp_path / "src" / "own").mkdir(parents=True)
    files = {
        "entry.py": "from own import limits\nMOST = 1\n",
        "own/__init__.py": "",
        "own/limits.py": "LEAST = 1\n",
    }
    for name, text in files.items():
        (tmp_path / "src" / name).write_text(text + "def on_fetch(request): ...\n")
    source = tmp_path / "src"
    other = {source / name: (source / name).read_text().replace("= 1", "= 2") for name in files}
    right, changed = load_worker(tmp_path, {}), load_worker(tmp_path, {}, texts=other)
    assert (right.module.MOST, right.module.limits.LEAST) == (1, 1)
    assert (changed.module.MOST, changed.module.limits.LEAST) == (2, 2)
    assert (load_worker(tmp_path, {}).module.limits.LEAST, (source / "own/limits.py").read_text()[:9]) == (
        1,
        "LEAST = 1",
    )
