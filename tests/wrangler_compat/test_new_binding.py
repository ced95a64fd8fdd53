"""Where a new namespace goes in a configuration, and that nothing else changes."""

import pytest

from worker.config.files.jsonc import parse_jsonc
from wrangler_compat.kv.jsonc_edit import put_binding
from wrangler_compat.kv.new_binding import snippet, valid_name

NEW = {"binding": "NEW", "id": "1"}

TEXTS = {
    "empty": "{}",
    "plain": '{\n  "name": "d"\n}\n',
    "trailing comma": '{\n\t"name": "d", // why\n}\n',
    "listed": '{\n  "kv_namespaces": [\n    {"binding": "A", "id": "2"} // "a, b"\n  ]\n}',
    "empty list": '{"kv_namespaces": []}',
    "one line": '{"name":"d","kv_namespaces":[{"binding":"A","id":"2"}]}',
    "comment with a brace": '{\n  /* } */ "name": "}]"\n}',
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_binding_is_added_and_all_else_stays(text: str) -> None:
    before, after = parse_jsonc(text), parse_jsonc(put_binding(text, NEW))
    assert isinstance(before, dict)
    assert isinstance(after, dict)
    assert after.pop("kv_namespaces") == [*(before.pop("kv_namespaces", None) or []), NEW]  # type: ignore[misc]
    assert after == before
    assert all(line in put_binding(text, NEW) for line in ("// why", "/* } */") if line in text)


def test_a_binding_of_that_name_is_changed_and_keeps_its_other_members() -> None:
    text = '{"kv_namespaces": [{"binding": "NEW", "id": "old", "preview_id": "p"}]}'
    assert parse_jsonc(put_binding(text, NEW)) == {
        "kv_namespaces": [{"binding": "NEW", "id": "1", "preview_id": "p"}]
    }


@pytest.mark.parametrize("text", ["{}", '{"env": {}}', '{"env": {"dev": {"vars": {}}}}'])
def test_an_environment_has_namespaces_of_its_own(text: str) -> None:
    after = parse_jsonc(put_binding(text, NEW, "dev"))
    assert after["env"]["dev"]["kv_namespaces"] == [NEW]  # type: ignore[index, call-overload]


def test_the_snippet_is_json_without_a_toml_file() -> None:
    assert snippet({"binding": "A", "id": "1"}, None).startswith('{\n  "kv_namespaces": [')


@pytest.mark.parametrize(
    ("name", "valid"),
    [("my-ns.x", "my_nsx"), ("a b--c", "a_b_c"), ("1st", "_1st"), ("é", "KV"), ("-_", "KV"), ("", "KV")],
)
def test_a_name_becomes_an_identifier(name: str, valid: str) -> None:
    assert valid_name(name) == valid
