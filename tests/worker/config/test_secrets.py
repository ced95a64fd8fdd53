from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from worker.config import ConfigError, WorkerConfig, command_env, find_config, load_config

Load = Callable[..., WorkerConfig]
Write = Callable[[Mapping[str, str]], Path]

TOML = {"wrangler.toml": 'vars = { A = "toml" }\n[env.prod]\nvars = { A = "prod" }\n'}


def test_load_puts_dev_vars_over_vars_and_names_them_as_secrets(load: Load) -> None:
    config = load({**TOML, ".dev.vars": "A=dev\nS=1\n"})
    assert config.vars == {"A": "dev", "S": "1"}
    assert config.secrets == {"A", "S"}
    assert config.log == ("Using secrets defined in .dev.vars",)
    assert config.warnings == ()


def test_load_prefers_the_dev_vars_of_the_environment(load: Load) -> None:
    files = {**TOML, ".dev.vars": "A=dev\nS=1\n", ".dev.vars.prod": "A=dev.prod\n"}
    config = load(files, "prod")
    assert config.vars == {"A": "dev.prod"}
    assert config.log == ("Using secrets defined in .dev.vars.prod",)


def test_load_falls_back_to_the_common_dev_vars(load: Load) -> None:
    assert load({**TOML, ".dev.vars": "S=1\n"}, "prod").vars == {"A": "prod", "S": "1"}


def test_load_ignores_dotenv_beside_an_empty_dev_vars(load: Load) -> None:
    config = load({**TOML, ".dev.vars": "", ".env": "A=env\n"})
    assert config.vars == {"A": "toml"}
    assert config.secrets == frozenset()


def test_load_merges_the_dotenv_files_in_the_order_that_was_measured(load: Load) -> None:
    files = {
        ".env": "A=1\nB=1\nC=1\nD=1\n",
        ".env.local": "B=2\nC=2\nD=2\n",
        ".env.prod": "C=3\nD=3\n",
        ".env.prod.local": "D=4\n",
    }
    assert load({**TOML, **files}, "prod").vars == {"A": "1", "B": "2", "C": "3", "D": "4"}


def test_load_takes_secret_files_of_the_named_environment_only(load: Load) -> None:
    files = {**TOML, ".dev.vars": "S=top\n", ".dev.vars.prod": "S=prod\n"}
    assert load(files, None, {"CLOUDFLARE_ENV": "prod"}).vars == {"A": "prod", "S": "top"}


def test_load_expands_references_in_dotenv_but_not_in_dev_vars(load: Load, write: Write) -> None:
    assert load({**TOML, ".env": "X=1\nY=$X\n"}).vars["Y"] == "1"
    assert load({**TOML, ".dev.vars": "X=1\nY=$X\n"}).vars["Y"] == "$X"


def test_load_leaves_dotenv_alone_when_told_to(load: Load) -> None:
    switch = {"CLOUDFLARE_LOAD_DEV_VARS_FROM_DOT_ENV": "False"}
    assert load({**TOML, ".env": "A=env\n"}, None, switch).vars == {"A": "toml"}


def test_load_adds_the_process_environment_when_told_to(load: Load) -> None:
    process_env = {"CLOUDFLARE_INCLUDE_PROCESS_ENV": "true", "P": "1"}
    config = load({**TOML, ".env": "P=file\n"}, None, process_env)
    assert config.vars == {"A": "toml", **process_env}
    assert config.log[-1] == "Using secrets defined in process.env"


@pytest.mark.parametrize("name", ["CLOUDFLARE_LOAD_DEV_VARS_FROM_DOT_ENV", "CLOUDFLARE_INCLUDE_PROCESS_ENV"])
def test_load_refuses_a_switch_that_is_neither_true_nor_false(name: str, load: Load) -> None:
    with pytest.raises(ConfigError) as caught:
        load(TOML, None, {name: "yes"})
    assert caught.value.message == f'Expected {name} to be "true" or "false", but got "yes"'


def test_load_does_not_let_a_secret_replace_a_binding(load: Load) -> None:
    files = {"wrangler.toml": 'kv_namespaces = [{ binding = "KV", id = "x" }]', ".dev.vars": "KV=1\nS=2\n"}
    config = load(files)
    assert config.vars == {"S": "2"}
    assert config.secrets == {"S"}


def test_load_takes_only_the_required_secrets(load: Load) -> None:
    files = {"wrangler.toml": '[secrets]\nrequired = ["S", "T"]\n', ".dev.vars": "S=1\nX=2\n"}
    config = load(files, None, {"WRANGLER_DISABLE_EXPERIMENTAL_WARNING": "1", "T": "process"})
    assert config.vars == {"S": "1"}
    missing = "Missing required secrets: T. Add them to .dev.vars, .env, or set as environment variables."
    assert config.warnings == (f"▲ [WARNING] {missing}\n\n",)


def test_load_finds_required_secrets_in_the_process_environment_beside_dotenv(load: Load) -> None:
    files = {"wrangler.toml": '[secrets]\nrequired = ["S", "T"]\n', ".env": "S=1\nX=2\n"}
    config = load(files, None, {"T": "process", "OTHER": "x"})
    assert config.vars == {"S": "1", "T": "process"}


def test_load_says_that_dev_vars_cannot_be_read(load: Load) -> None:
    with pytest.raises(ConfigError) as caught:
        load({"wrangler.toml": "wibble = 1\n", ".dev.vars/keep.txt": ""})
    assert caught.value.message == 'Failed to load local dev variables file ".dev.vars":'
    assert 'Unexpected fields found in top-level field: "wibble"' in caught.value.warnings[0]


def test_repr_shows_no_secret(load: Load) -> None:
    assert "hunter2" not in repr(load({**TOML, ".dev.vars": "PASSWORD=hunter2\n"}))


def test_load_reads_the_files_that_it_is_told_to_instead(load: Load) -> None:
    files = {**TOML, ".dev.vars": "A=dev\n", ".env": "A=env\n", "one.env": "A=1\nB=1\n", "two.env": "B=2\n"}
    config = load(files, env_files=["one.env", "missing.env", "two.env"])
    assert config.vars == {"A": "1", "B": "2"}
    assert config.log == ("Using secrets defined in one.env", "Using secrets defined in two.env")


def test_load_looks_at_no_secrets_when_they_are_not_wanted(load: Load) -> None:
    config = load({**TOML, ".dev.vars/keep.txt": ""}, with_secrets=False)
    assert config.vars == {"A": "toml"}


def test_load_finds_secrets_beside_the_configuration_and_names_them_from_the_working_folder(
    write: Write,
) -> None:
    folder = write({**TOML, ".dev.vars": "S=1\n", "sub/.dev.vars": "S=wrong\n"})
    path = find_config(folder / "sub")
    assert path is not None
    config = load_config(path, cwd=folder / "sub")
    assert config.vars["S"] == "1"
    assert config.log == ("Using secrets defined in ../.dev.vars",)


def test_command_env_puts_the_process_above_dotenv(write: Write) -> None:
    folder = write({".env": "TOKEN=file\nUSER=file\nBOTH=$USER-$TOKEN\n", ".env.prod": "TOKEN=prod\n"})
    process_env = {"USER": "process", "PATH": "/bin"}
    assert command_env(folder, process_env, "prod") == {
        "USER": "process",
        "PATH": "/bin",
        "TOKEN": "prod",
        "BOTH": "process-prod",
    }
