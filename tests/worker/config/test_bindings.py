from collections.abc import Callable

import pytest

from worker.config import ConfigError, KVBinding, WorkerConfig

Load = Callable[..., WorkerConfig]

FRAME = "Processing wrangler.toml configuration:\n"
UNIQUE = (
    "  - Bindings must have unique names, so that they can all be referenced in the worker.\n"
    "    Please change your bindings to have unique names."
)


def _error(load: Load, toml: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load({"wrangler.toml": toml})
    assert caught.value.message.startswith(FRAME)
    return caught.value.message.removeprefix(FRAME)


@pytest.mark.parametrize(
    ("binding", "local_id"),
    [
        (KVBinding("KV", "id", "preview"), "preview"),
        (KVBinding("KV", None, "preview"), "preview"),
        (KVBinding("KV", "id"), "id"),
        (KVBinding("KV"), "KV"),
        (KVBinding("KV", "id", ""), ""),
    ],
)
def test_local_id_is_the_preview_id_else_the_id_else_the_name(binding: KVBinding, local_id: str) -> None:
    assert binding.local_id == local_id


def test_load_reads_kv_namespaces(load: Load) -> None:
    entries = '{ binding = "A", id = "a" }, { binding = "a-b", preview_id = "p", remote = true }'
    config = load({"wrangler.toml": f"kv_namespaces = [{entries}]\n"})
    assert config.kv_namespaces == (KVBinding("A", "a"), KVBinding("a-b", None, "p", remote=True))


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("5", 'The field "kv_namespaces" should be an array but got 5.'),
        ('["A"]', '"kv_namespaces" bindings should be objects, but got "A"'),
        (
            '[{ id = "x" }]',
            '"kv_namespaces[0]" bindings should have a string "binding" field but got {"id":"x"}.',
        ),
        (
            '[{ binding = "A", id = "" }]',
            '"kv_namespaces[0]" bindings should have a string "id" field but got {"binding":"A","id":""}.',
        ),
        (
            '[{ binding = "A", preview_id = 1 }]',
            '"kv_namespaces[0]" bindings should, optionally, have a string "preview_id" field'
            ' but got {"binding":"A","preview_id":1}.',
        ),
        (
            '[{ binding = "A", remote = 1 }]',
            '"kv_namespaces[0]" should, optionally, have a boolean "remote" field'
            ' but got {"binding":"A","remote":1}.',
        ),
    ],
)
def test_load_refuses_a_broken_kv_namespace(value: str, problem: str, load: Load) -> None:
    assert _error(load, f"kv_namespaces = {value}\n") == f"  - {problem}"


def test_load_refuses_one_name_for_two_namespaces(load: Load) -> None:
    entries = '{ binding = "A", id = "x" }, { binding = "A", id = "y" }'
    problem = "  - A assigned to multiple KV Namespace bindings.\n"
    assert _error(load, f"kv_namespaces = [{entries}]\n") == problem + UNIQUE


def test_load_refuses_one_name_for_a_namespace_and_a_variable(load: Load) -> None:
    toml = 'vars = { KV = "1" }\nkv_namespaces = [{ binding = "KV", id = "x" }]\n'
    problem = "  - KV assigned to KV Namespace and Environment Variable bindings.\n"
    assert _error(load, toml) == problem + UNIQUE


def test_load_lists_all_kinds_that_share_a_name(load: Load) -> None:
    toml = """
        vars = { X = "1" }
        kv_namespaces = [{ binding = "X" }]
        queues = { producers = [{ binding = "X", queue = "q" }] }
        durable_objects = { bindings = [{ name = "X", class_name = "C" }] }
        ai = { binding = "X" }
    """
    kinds = "Durable Object, KV Namespace, Queue, AI, and Environment Variable"
    assert _error(load, toml) == f"  - X assigned to {kinds} bindings.\n{UNIQUE}"


def test_load_refuses_toml_dates_as_variables(load: Load) -> None:
    assert _error(load, "vars = { D = 2025-12-19 }\n") == (
        '  - The field "vars.D" is a TOML date, which is not supported.'
        ' Please use a string instead, e.g. D = "2025-12-19".'
    )


def test_load_reports_everything_at_once(load: Load) -> None:
    toml = "vars = 1\nkv_namespaces = 2\nworkers_dev = 3\n"
    assert _error(load, toml) == (
        '  - Expected "workers_dev" to be of type boolean but got 3.\n'
        '  - The field "vars" should be an object but got 1.\n'
        "\n"
        '  - The field "kv_namespaces" should be an array but got 2.'
    )
