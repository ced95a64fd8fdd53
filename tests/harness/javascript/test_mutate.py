"""``rehearse mutate`` of a Worker in TypeScript: its own files, one of which it imports from the other."""

import json
from pathlib import Path

import pytest

from harness.rehearsal import rehearsal
from harness.rehearsal.subject import Subject, loaded
from harness.system.files import copied_with
from harness.system.javascript.code import JavaScriptCode
from tests.harness.declared.declaring import declared
from tests.harness.javascript.running import CONFIG, OPEN, code_of
from tests.harness.mutation.test_mutate import MIGRATION, mutated
from worker.config import config_in, load_config

OLD = """
export default {
  async fetch(request, env) {
    const found = await env.KV.get("a:" + new URL(request.url).pathname.slice(1));
    return new Response(found, { status: found === null ? 404 : 200 });
  },
};
"""
NEW = """import { once } from "helpful";
import { move, type Moved } from "../lib/move";

export default {
  async fetch(request: Request, env: { KV: any }): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const name = pathname.slice(1), cursor = searchParams.get("cursor");
    if (name === "move") return Response.json(once(await move(env.KV, cursor)) satisfies Moved);
    const found = (await env.KV.get("b:" + name)) ?? (await env.KV.get("a:" + name));
    return new Response(found, { status: found === null ? 404 : 200 });
  },
};
"""
MOVE = """export interface Moved { done: boolean; cursor?: string }
export async function move(kv: any, cursor: string | null): Promise<Moved> {
  const page = await kv.list({ prefix: "a:", cursor });
  for (const { name, expiration } of page.keys) {
    const value: string | null = await kv.get(name);
    if (value !== null && !(expiration < Date.now() / 1000 + 90)) {
      await kv.put("b:" + name.slice(2), value, { expiration });
    }
  }
  return { done: page.list_complete, cursor: page.cursor };
}
"""
FILES = {
    "src/index.ts": NEW,
    "lib/move.ts": MOVE,
    "src/unused.ts": "export const left = 1 < 2;",
    "node_modules/helpful/index.js": "export const once = (one) => (1 < 2 ? one : null);",
}


def written(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def worker_of(folder: Path) -> JavaScriptCode:
    written(folder, FILES)
    (folder / "wrangler.toml").write_text(CONFIG.replace("index.js", "index.ts"))
    path = config_in(folder)
    assert path is not None
    return JavaScriptCode(load_config(path))


@pytest.mark.workerd
@pytest.mark.usefixtures("javascript")
def test_mistakes_of_a_worker_in_typescript_are_hunted_in_a_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rehearsal, "GROWN", 4)
    code_of(tmp_path / "old", OLD)
    OPEN.append(worker_of(tmp_path / "new"))
    (tmp_path / "kv.json").write_text(json.dumps([{"key": f"a:{one}", "value": "x"} for one in range(2)]))
    migration = declared(
        tmp_path, MIGRATION.replace('until_done("/move")', 'until_done("/move", carry="cursor")')
    )
    code, report = mutated(migration, "--only", "move.ts:5", "--at-least", "100")
    codes = [stage.worker_code for stage in loaded(Subject(migration, (), 0)).stages.all()]
    OPEN.extend(code for code in codes if isinstance(code, JavaScriptCode))
    found = {one["after"]: one for one in report["hunts"]}
    assert found["kv.get(name)"]["outcome"] == "noticed"  # without await
    assert {one["file"] for one in report["hunts"]} == {"../lib/move.ts"}
    assert (code, report["percent"]) == (0, 100)
    assert {name: (tmp_path / "new" / name).read_text() for name in FILES} == FILES


@pytest.mark.workerd
@pytest.mark.usefixtures("javascript")
def test_only_what_the_bundle_is_made_of_and_nobody_else_wrote_has_mistakes(tmp_path: Path) -> None:
    sources = worker_of(tmp_path.resolve()).sources
    assert sorted(one.name for one in sources) == ["index.ts", "move.ts"]


def test_a_copy_has_what_the_code_imports_from_everywhere_and_one_file_that_is_different(
    tmp_path: Path,
) -> None:
    root, place = tmp_path.resolve() / "repository" / "worker", tmp_path.resolve() / "copy"
    place.mkdir()
    written(root, {**FILES, "text.txt": "a text"})
    written(root.parent, {"shared.ts": "1", "node_modules/other/index.js": "2"})
    copy = copied_with({root / "src" / "../lib/move.ts": "changed"}, root, place)
    assert (copy / "lib/move.ts").read_text() == "changed"
    assert (copy / "src/index.ts").read_text() == NEW
    assert not (copy / "src/index.ts").is_symlink()  # or it would import the file as it was
    assert (copy / "node_modules/helpful/index.js").is_file()
    assert (copy / "text.txt").read_text() == "a text"
    assert (copy.parent / "shared.ts").read_text() == "1"
    assert (copy.parent / "node_modules/other/index.js").read_text() == "2"
    assert (root / "lib/move.ts").read_text() == MOVE
