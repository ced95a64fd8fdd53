"""A Worker's configuration: its file, its environments, and the secrets files beside it.

    files/           which file it is, and what is in it
    fields/          every field, and what is checked of each
    environment.py   which fields count for an environment
    secrets.py       which secrets        compatibility.py   what date and flags mean
    load.py          all of it in order   model.py           the result

Behaviour and texts are those of wrangler 4.164, measured.
"""

from worker.config.errors import ConfigError, ConfigFileError, Location
from worker.config.files.find import config_in, find_config
from worker.config.load import load_config
from worker.config.model import (
    AssetsConfig,
    CustomBuild,
    D1Binding,
    DurableObjectBinding,
    KVBinding,
    ModuleRule,
    QueueConsumer,
    QueueProducer,
    ServiceBinding,
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
    "QueueConsumer",
    "QueueProducer",
    "ServiceBinding",
    "WorkerConfig",
    "command_env",
    "config_in",
    "find_config",
    "load_config",
]
