"""The Workers of a migration's stages: their code, loaded once, and what each of them is bound to."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.migration import Migration, MigrationError, Stage
from harness.model.row import Table, is_table
from harness.system.code import WorkerCode
from harness.system.deployment import Code
from harness.system.files import is_javascript
from harness.system.tables import Contents, DatabaseCopy, apply_file, made_as
from worker.config import KVBinding, WorkerConfig, config_in, load_config
from worker.d1 import Database
from worker.runtime import LoadError


@dataclass(frozen=True)
class Schemas:
    """``databases`` are bindings to D1, each with the label of the database, and ``migrations`` the folder of
    its migration files.
    """

    databases: Mapping[str, str]
    migrations: Mapping[str, Path]

    def files_of(self, database: str) -> list[Path]:
        """The migration files of a database, by its binding, in their order."""
        return sorted(self.migrations[database].glob("*.sql"))


@dataclass(frozen=True)
class LoadedStage(Schemas):
    """``namespaces`` are the KV bindings, each with the label of the namespace that it stands for.

    ``durable`` are those to Durable Objects.
    """

    name: str
    worker_code: Code
    variables: Mapping[str, Any]
    namespaces: Mapping[str, str]
    durable: Mapping[str, "DurableClass"]


@dataclass(frozen=True)
class DurableClass:
    """A class of Durable Objects of the Worker itself; ``key`` names it among those of all Workers."""

    key: str
    class_name: str
    sqlite: bool


class Stages:
    """Every stage of a migration, by its name. Raises MigrationError, ConfigError and LoadError.

    ``copies`` say what databases there are before any file is applied; None before they are known: rules may
    then name any table.
    ``texts`` are, by the stage, what is read in the place of what is in the Worker's files.
    Two bindings with one id are one namespace. Its label is the name of the binding in the first stage.
    """

    def __init__(
        self,
        migration: Migration,
        texts: Mapping[str, Mapping[Path, str]] | None = None,
        copies: Sequence[DatabaseCopy] | None = (),
    ) -> None:
        self.copies = {copy.label: copy for copy in copies or ()}
        self._knows_tables = copies is not None
        self._texts = texts or {}
        self.labels: dict[str, str] = {}  # by the namespace's id, or the binding's name where it has none
        self.database_ids: dict[str, str] = {}  # the same for databases
        self._without = migration.without
        # What the Workers do without, each with its kind.
        self.absent: dict[str, str] = {}
        self.by_name = {name: self._loaded(name, stage) for name, stage in migration.stages.items()}
        if unknown := [name for name in migration.without if name not in self.absent]:
            raise MigrationError(
                f"without={unknown[0]!r} names no binding that is not emulated; the Workers have "
                f"{', '.join(self.absent) or 'none'}"
            )
        self.own = Schemas({}, {})  # what is there without a Worker
        if migration.migrations is not None:
            self.own = self._declared(migration)
        if not migration.stages:
            named = {name for rule in migration.rules for name in (rule.binding, rule.to)}
            named = {name for name in named if name not in self.own.databases and not is_table(name)}
            self.labels = {name: name for name in sorted({*named, migration.binding})}
        if not self.labels:
            self.labels[""] = ""  # nothing is in KV
        self._know_databases(migration)
        self._check(migration)

    @property
    def databases(self) -> list[str]:
        """The label of every database."""
        return list(dict.fromkeys(self.database_ids.values()))

    @property
    def namespaces(self) -> list[str]:
        """The label of every namespace."""
        return list(dict.fromkeys(self.labels.values()))

    @property
    def new_namespaces(self) -> list[str]:
        """Those that the Worker before does not have, made for the migration; all, if there is none."""
        before = self.by_name.get("before")
        known = set() if before is None else set(before.namespaces.values())
        return [label for label in self.namespaces if label not in known] or self.namespaces

    def load(self) -> None:
        """Load the code of every Worker now."""
        for stage in self.by_name.values():
            try:
                _ = stage.worker_code.code
                if isinstance(stage.worker_code, WorkerCode):  # workerd says it of its own
                    for one in stage.durable.values():
                        stage.worker_code.durable_class(one.class_name)
            except LoadError as error:
                raise MigrationError(f"the Worker {stage.name}: {error}") from error

    def all(self) -> Iterator[LoadedStage]:
        yield from self.by_name.values()

    def _loaded(self, name: str, stage: Stage) -> LoadedStage:
        config = read_config(stage.folder, self._without)
        self.absent |= config.not_emulated
        for one in config.d1_databases:
            taken = one.binding in self.database_ids.values()
            self.database_ids.setdefault(one.local_id, one.local_id if taken else one.binding)
        database = self.database_ids.__getitem__
        return stage_of(
            name, stage, config, self._label, self._texts.get(name), database, without=self._without
        )

    def _declared(self, migration: Migration) -> Schemas:
        """The database of a migration without Workers."""
        folder = migration.migrations
        assert folder is not None
        if migration.stages:
            raise MigrationError(
                f"migrations={folder.name!r} is for a migration without Workers: where there are some, their "
                "configuration names the folder (migrations_dir)"
            )
        if not any(folder.glob("*.sql")):
            raise MigrationError(f"migrations: there is no .sql file in {folder}")
        name = migration.with_database("DB").database
        self.database_ids[name] = name
        return Schemas({name: name}, {name: folder})

    def _know_databases(self, migration: Migration) -> None:
        """Which tables there are once every stage's files are applied, by their labels."""
        if self.databases and not migration.database:
            migration.with_database(self.databases[0])
        self.tables: dict[str, Table] = {}
        for label in self.databases:
            database = Database()
            contents = Contents(database, label, migration.keys)
            applied = set()
            if label in self.copies:
                made_as(database, self.copies[label])
                applied = {*self.copies[label].applied}
                self.tables.update(contents.tables)
            for stage in (*self.all(), self.own):
                for name in [name for name, one in stage.databases.items() if one == label]:
                    for path in stage.files_of(name):
                        if path.name not in applied:
                            apply_file(database, path)
                            self.tables.update(contents.tables)
                        applied.add(path.name)
            database.close()

    def _label(self, binding: KVBinding) -> str:
        return self.labels.setdefault(binding.id or binding.binding, binding.binding)

    def _check(self, migration: Migration) -> None:
        known = [*self.namespaces, *self.databases, *self.tables]
        for rule in migration.rules:
            for name in (rule.binding, rule.to):
                if name in known or (is_table(name) and not self._knows_tables):
                    continue
                raise MigrationError(
                    f"{rule.name} is about {_kind(name)} {name}, which no Worker of the migration "
                    f"has; they have: {', '.join(known)}"
                )


def _kind(label: str) -> str:
    return "the table" if is_table(label) else "the KV namespace"


def stage_of(
    name: str,
    stage: Stage,
    config: WorkerConfig,
    label: Callable[[KVBinding], str],
    texts: Mapping[Path, str] | None = None,
    database: Callable[[str], str] = str,
    *,
    tested: bool = False,
    without: Collection[str] = (),
) -> LoadedStage:
    """A Worker as ``config`` binds it; ``label`` says which namespace a binding stands for, ``database``
    which database an id. ``tested``: it is deployed for a test. ``without`` are bindings that it does not
    get.

    Raises MigrationError for Durable Objects of another Worker.
    """
    bound = {one.binding: label(one) for one in config.kv_namespaces}
    databases = {one.binding: database(one.local_id) for one in config.d1_databases}
    files = {one.binding: stage.folder / one.migrations_dir for one in config.d1_databases}
    variables = {**config.vars, **stage.variables}
    config = replace(config, vars=dict(variables))
    code = code_of(stage.folder, config, texts, tested=tested, without=without)
    return LoadedStage(databases, files, name, code, variables, bound, _durable(config))


class NotEmulated(MigrationError):
    """A Worker binds what is not emulated: ``what`` says so, and ``name`` is a binding of it.

    ``declared`` is how to say that nothing depends on it, where that can be said.
    """

    def __init__(self, what: str, name: str, declared: str | None) -> None:
        self.what, self.name = what, name
        allowing = "Leave" if declared is None else f"Where nothing depends on it, say {declared}; or leave"
        super().__init__(f"{what}. {allowing} it out of the configuration, or name an environment without it")


def code_of(
    folder: Path,
    config: WorkerConfig,
    texts: Mapping[Path, str] | None = None,
    *,
    tested: bool = False,
    without: Collection[str] = (),
    calls_objects: bool = True,
) -> Code:
    """The code of the Worker in ``folder``, whatever it is written in; ``tested`` by a test of one's own.

    Unless it ``calls_objects``, Durable Objects in JavaScript are not emulated.

    Raises MigrationError for what it binds that is not emulated and is not among ``without``.
    """
    if is_javascript(config) or not tested:
        _check_emulated(config, without, tested=tested, calls_objects=calls_objects)
    if is_javascript(config):
        from harness.system.javascript.code import JavaScriptCode  # what runs workerd is slow to import

        return JavaScriptCode(config, texts, tested=tested)
    return WorkerCode(folder, texts, config.environment, without)


def _doing_without(config: WorkerConfig, names: Collection[str]) -> WorkerConfig:
    """``config``, in which bindings of these ``names`` are among those that are not emulated: to Durable
    Objects, and those that only a Worker in another language has here.
    """
    if not is_javascript(config):
        return config
    known = {**_objects_of(config), **only_python_has(config)}
    absent = {name: kind for name, kind in known.items() if name in names}
    assets = config.assets
    if assets is not None and assets.binding in absent:
        assets = replace(assets, binding=None)
    return replace(
        config,
        assets=assets,
        durable_objects=tuple(one for one in config.durable_objects if one.name not in absent),
        not_emulated={**config.not_emulated, **absent},
    )


def _objects_of(config: WorkerConfig) -> dict[str, str]:
    return {one.name: "Durable Object" for one in config.durable_objects}


def only_python_has(config: WorkerConfig) -> dict[str, str]:
    """The bindings of a JavaScript Worker that a rehearsal emulates only for Python, each with its kind."""
    found = {}
    if config.assets is not None and config.assets.binding is not None:
        found[config.assets.binding] = "assets"
    return found


def _check_emulated(
    config: WorkerConfig, without: Collection[str], *, tested: bool, calls_objects: bool
) -> None:
    """Raises MigrationError for what a Worker binds that is not emulated, or not here."""
    emulated = {*without, *(one.name for one in config.durable_objects if tested)}
    lacking = only_python_has(config) if is_javascript(config) else {}
    if not calls_objects and is_javascript(config):
        lacking |= _objects_of(config)
    unknown = {**config.not_emulated, **lacking}
    unknown = {name: kind for name, kind in unknown.items() if name not in emulated}
    if unknown:
        named = ", ".join(f"env.{one} ({kind})" for one, kind in unknown.items())
        language = "JavaScript" if is_javascript(config) else "Python"
        where = "in a test" if tested else "in a rehearsal"
        raise NotEmulated(
            f"{config.path} binds what is not emulated for a {language} Worker {where}: {named}",
            name := next(iter(unknown)),
            None if tested else f"without=[{name!r}]",
        )


def _durable(config: WorkerConfig) -> dict[str, DurableClass]:
    """The Durable Objects that a Worker binds. Raises MigrationError for those of another Worker."""
    found = {}
    for one in config.durable_objects:
        if one.script_name not in (None, config.name):
            raise MigrationError(
                f"{config.path} binds {one.name} to a class of the Worker {one.script_name}: only classes of "
                "the Worker itself can be rehearsed"
            )
        key = config.unique_key(one.class_name)
        found[one.name] = DurableClass(key, one.class_name, one.sqlite)
    return found


def read_config(folder: Path, without: Collection[str] = ()) -> WorkerConfig:
    """The wrangler configuration in a Worker's folder, which does ``without`` bindings of these names.

    Raises MigrationError and ConfigError.
    """
    path = config_in(folder)
    if path is None:
        raise MigrationError(f"no wrangler.toml, wrangler.json or wrangler.jsonc in {folder}")
    return _doing_without(load_config(path), without)
