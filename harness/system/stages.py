"""The Workers of a migration's stages: their code, loaded once, and what each of them is bound to."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.migration import Migration, MigrationError, Stage
from harness.system.code import WorkerCode
from worker.config import D1Binding, KVBinding, WorkerConfig, config_in, load_config
from worker.runtime import LoadError


@dataclass(frozen=True)
class LoadedStage:
    """``namespaces`` are the KV bindings, each with the label of the namespace that it stands for.

    ``durable`` are those to Durable Objects, ``databases`` those to D1.
    """

    name: str
    backstage: WorkerCode
    variables: Mapping[str, Any]
    namespaces: Mapping[str, str]
    durable: Mapping[str, "DurableClass"]
    databases: Mapping[str, D1Binding]


@dataclass(frozen=True)
class DurableClass:
    """A class of Durable Objects of the Worker itself; ``key`` names it among those of all Workers."""

    key: str
    class_name: str
    sqlite: bool


class Stages:
    """Every stage of a migration, by its name. Raises MigrationError, ConfigError and LoadError.

    ``texts`` are, by the stage, what is read in the place of what is in the Worker's files.
    Two bindings with one id are one namespace. Its label is the name of the binding in the first stage.
    """

    def __init__(self, migration: Migration, texts: Mapping[str, Mapping[Path, str]] | None = None) -> None:
        self._texts = texts or {}
        self.labels: dict[str, str] = {}  # by the namespace's id, or the binding's name where it has none
        self.by_name = {name: self._loaded(name, stage) for name, stage in migration.stages.items()}
        if not migration.stages:
            named = {name for rule in migration.rules for name in (rule.binding, rule.to)}
            self.labels = {name: name for name in sorted({*named, migration.binding})}
        self._check(migration)

    @property
    def namespaces(self) -> list[str]:
        """The label of every namespace."""
        return list(dict.fromkeys(self.labels.values()))

    def load(self) -> None:
        """Load the code of every Worker now."""
        for stage in self.by_name.values():
            try:
                _ = stage.backstage.code
                for one in stage.durable.values():
                    stage.backstage.durable_class(one.class_name)
            except LoadError as error:
                raise MigrationError(f"the Worker {stage.name}: {error}") from error

    def all(self) -> Iterator[LoadedStage]:
        yield from self.by_name.values()

    def _loaded(self, name: str, stage: Stage) -> LoadedStage:
        return stage_of(name, stage, read_config(stage.folder), self._label, self._texts.get(name))

    def _label(self, binding: KVBinding) -> str:
        return self.labels.setdefault(binding.id or binding.binding, binding.binding)

    def _check(self, migration: Migration) -> None:
        known = self.namespaces
        for rule in migration.rules:
            for name in (rule.binding, rule.to):
                if name in known:
                    continue
                raise MigrationError(
                    f"{rule.name} is about the KV namespace {name}, which no Worker of the migration "
                    f"binds; they bind: {', '.join(known)}"
                )


def stage_of(
    name: str,
    stage: Stage,
    config: WorkerConfig,
    label: Callable[[KVBinding], str],
    texts: Mapping[Path, str] | None = None,
) -> LoadedStage:
    """A Worker as ``config`` binds it; ``label`` says which namespace a binding stands for.

    Raises MigrationError for Durable Objects of another Worker.
    """
    bound = {one.binding: label(one) for one in config.kv_namespaces}
    databases = {one.binding: one for one in config.d1_databases}
    code = WorkerCode(stage.folder, texts, config.environment)
    return LoadedStage(name, code, {**config.vars, **stage.variables}, bound, _durable(config), databases)


def _durable(config: WorkerConfig) -> dict[str, DurableClass]:
    """The Durable Objects that a Worker binds. Raises MigrationError for those of another Worker."""
    found = {}
    for one in config.durable_objects:
        if one.script_name not in (None, config.name):
            raise MigrationError(
                f"{config.path} binds {one.name} to a class of the Worker {one.script_name}: only classes of "
                "the Worker itself can be rehearsed"
            )
        key = f"{config.name or 'worker'}-{one.class_name}"
        found[one.name] = DurableClass(key, one.class_name, one.sqlite)
    return found


def read_config(folder: Path) -> WorkerConfig:
    """The wrangler configuration in a Worker's folder. Raises MigrationError and ConfigError."""
    path = config_in(folder)
    if path is None:
        raise MigrationError(f"no wrangler.toml, wrangler.json or wrangler.jsonc in {folder}")
    return load_config(path)
