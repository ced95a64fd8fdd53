"""A Worker's configuration: its file, its environments, and the secrets files beside it.

    find.py          which file           document.py, jsonc.py, toml.py   what is in it
    environment.py   which fields count   fields.py, checks.py, bindings.py   whether they may
    products.py, sections.py   the tables of all products, by tables.py   removed.py   what there was once
    durable_objects.py   bindings and migrations of Durable Objects    d1_databases.py   of D1
    secrets.py       which secrets        dotenv.py   how their files are written
    load.py          all of it in order   model.py    the result

Behaviour and texts are those of wrangler 4.164, measured.
"""

from worker.config.errors import ConfigError, ConfigFileError, Location
from worker.config.find import config_in, find_config
from worker.config.load import load_config
from worker.config.model import (
    AssetsConfig,
    CustomBuild,
    D1Binding,
    DurableObjectBinding,
    KVBinding,
    ModuleRule,
    WorkerConfig,
)
from worker.config.secrets import command_env

__all__ = [
    "AssetsConfig",
    "ConfigError",
    "ConfigFileError",
    "CustomBuild",
    "D1Binding",
    "DurableObjectBinding",
    "KVBinding",
    "Location",
    "ModuleRule",
    "WorkerConfig",
    "command_env",
    "config_in",
    "find_config",
    "load_config",
]
