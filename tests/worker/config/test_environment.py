from collections.abc import Callable
from pathlib import Path

import pytest

from worker.config import ConfigError, WorkerConfig, load_config

Load = Callable[..., WorkerConfig]

TOML = """
name = "w"
main = "./src/../index.js"
account_id = "account"
compatibility_date = "2026-04-20"
compatibility_flags = ["nodejs_compat"]
wibble = 1
[triggers]
crons = ["* * * * *"]
[vars]
A = "top"
[env.bare]
[env.full]
name = "other"
main = "full.js"
compatibility_flags = []
triggers = { crons = [] }
vars = { A = "full" }
"""


def _warning(*lines: str) -> str:
    rest = "".join(f"  {line}\n" for line in lines)
    return f"▲ [WARNING] Processing wrangler.toml configuration:\n\n{rest}\n"


def test_load_reads_the_top_level(load: Load, tmp_path: Path) -> None:
    config = load({"wrangler.toml": TOML})
    assert (config.path, config.root) == (tmp_path / "wrangler.toml", tmp_path)
    assert (config.name, config.main, config.environment) == ("w", "index.js", None)
    assert (config.account_id, config.compatibility_date) == ("account", "2026-04-20")
    assert config.compatibility_flags == ("nodejs_compat",)
    assert config.crons == ("* * * * *",)
    assert config.entry == tmp_path / "index.js"


def test_load_lets_an_environment_inherit_what_describes_the_worker(load: Load) -> None:
    config = load({"wrangler.toml": TOML}, "bare")
    assert (config.name, config.main, config.environment) == ("w-bare", "index.js", "bare")
    assert config.compatibility_flags == ("nodejs_compat",)
    assert config.crons == ("* * * * *",)
    assert config.account_id == "account"


def test_load_lets_no_environment_inherit_variables(load: Load) -> None:
    config = load({"wrangler.toml": TOML}, "bare")
    assert config.vars == {}
    assert config.warnings == (
        _warning(
            '  - Unexpected fields found in top-level field: "wibble"',
            '  - "env.bare" environment configuration',
            '    - "vars" exists at the top level, but not on "env.bare".',
            '      This is not what you probably want, since "vars" is not inherited by environments.',
            '      Please add "vars" to "env.bare".',
        ),
    )


def test_load_takes_an_environments_own_values(load: Load) -> None:
    config = load({"wrangler.toml": TOML}, "full")
    assert (config.name, config.main) == ("other", "full.js")
    assert (config.compatibility_flags, config.crons) == ((), ())
    assert config.vars == {"A": "full"}


def test_load_asks_the_process_environment_for_the_environment(load: Load) -> None:
    process_env = {"CLOUDFLARE_ENV": "full"}
    assert load({"wrangler.toml": TOML}, None, process_env).environment == "full"
    assert load({"wrangler.toml": TOML}, "bare", process_env).environment == "bare"
    assert load({"wrangler.toml": TOML}, "", process_env).environment is None


def test_load_refuses_an_unknown_environment_among_others(load: Load) -> None:
    with pytest.raises(ConfigError) as caught:
        load({"wrangler.toml": TOML}, "nope")
    assert caught.value.message == (
        "Processing wrangler.toml configuration:\n"
        '  - No environment found in configuration with name "nope".\n'
        "    Before using `--env=nope` there should be an equivalent environment section in"
        " the configuration.\n"
        '    The available configured environment names are: ["bare","full"]\n'
        "\n"
        "    Consider adding an environment configuration section to the wrangler.toml file:\n"
        "    ```\n"
        "    [env.nope]\n"
        "    ```\n"
    )
    assert caught.value.warnings == (_warning('  - Unexpected fields found in top-level field: "wibble"'),)


def test_load_uses_the_top_level_for_an_unknown_environment_if_there_is_none(load: Load) -> None:
    config = load({"wrangler.toml": 'name = "w"\nvars = { A = "top" }\n'}, "nope")
    assert (config.name, config.vars) == ("w-nope", {"A": "top"})
    assert 'No environment found in configuration with name "nope".' in config.warnings[0]


def test_load_ignores_an_environment_inside_an_environment(load: Load) -> None:
    config = load({"wrangler.toml": "[env.a]\n[env.a.env.b]\nvars = { A = 1 }\n"}, "a")
    assert 'Unexpected fields found in env.a field: "env"' in config.warnings[0]


@pytest.mark.parametrize("value", ['"x"', "null", "5"])
def test_load_refuses_an_environment_that_is_no_object(value: str, load: Load) -> None:
    with pytest.raises(ConfigError, match=f'The field "env.e" should be an object but got {value}.'):
        load({"wrangler.json": f'{{"env": {{"e": {value}}}}}'}, "e")


def test_load_names_the_file_from_the_working_folder(tmp_path: Path) -> None:
    path = tmp_path / "wrangler.toml"
    path.write_text("vars = 1\n")
    with pytest.raises(ConfigError, match=r"^Processing \.\./\.\./wrangler\.toml configuration:"):
        load_config(path, cwd=tmp_path / "a" / "b")


def test_load_refuses_an_unquoted_compatibility_date(load: Load) -> None:
    with pytest.raises(ConfigError, match='to be of type string but got "2026-04-20"'):
        load({"wrangler.toml": "compatibility_date = 2026-04-20\n"})


def test_load_refuses_python_without_its_flag(load: Load) -> None:
    with pytest.raises(ConfigError) as caught:
        load({"wrangler.toml": 'main = "entry.py"\n'})
    assert caught.value.message == "The `python_workers` compatibility flag is required to use Python."


def test_load_keeps_the_dev_section(load: Load) -> None:
    assert load({"wrangler.toml": '[dev]\nport = 9000\nip = "0.0.0.0"\n'}).dev == {
        "port": 9000,
        "ip": "0.0.0.0",
    }


def test_load_takes_an_empty_file(load: Load) -> None:
    config = load({"wrangler.toml": ""})
    assert (config.name, config.main, config.entry, config.vars) == (None, None, None, {})
