"""What a Worker's configuration says, for everything that runs or inspects the Worker."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from worker.config.diagnostics import WARNING_MARK
from worker.config.javascript import JSON


@dataclass(frozen=True, slots=True)
class KVBinding:
    """A KV namespace that the Worker sees as ``env.<binding>``.

    ``remote`` is what the file says: wrangler would serve the binding from the account.
    """

    binding: str
    id: str | None = None
    preview_id: str | None = None
    remote: bool = False

    @property
    def local_id(self) -> str:
        """The namespace that ``wrangler dev`` uses on this machine: preview_id, else id, else the name."""
        if self.preview_id is not None:
            return self.preview_id
        return self.binding if self.id is None else self.id


@dataclass(frozen=True, slots=True)
class D1Binding:
    """A D1 database that the Worker sees as ``env.<binding>``.

    ``migrations_dir`` is relative to the configuration's folder; ``migrations_table`` remembers what of it
    was applied.
    """

    binding: str
    database_id: str | None = None
    database_name: str | None = None
    preview_database_id: str | None = None
    migrations_dir: str = "migrations"
    migrations_table: str = "d1_migrations"

    @property
    def local_id(self) -> str:
        """The database that ``wrangler dev`` uses on this machine."""
        chosen = self.database_id if self.preview_database_id is None else self.preview_database_id
        return self.binding if chosen is None else chosen


@dataclass(frozen=True, slots=True)
class R2Binding:
    """An R2 bucket that the Worker sees as ``env.<binding>``.

    ``bucket`` is the one that ``wrangler dev`` uses on this machine: the preview's, else the bucket itself,
    else one with the name of the binding.
    """

    binding: str
    bucket: str


@dataclass(frozen=True, slots=True)
class DurableObjectBinding:
    """A Durable Object class that the Worker sees as ``env.<name>``.

    ``script_name`` is another Worker that has the class, None for this one. ``sqlite`` is false for a class
    that only a migration's ``new_classes`` names, and true for one that no migration names: without a
    migration it cannot be deployed, and locally wrangler takes it as it comes.
    """

    name: str
    class_name: str
    script_name: str | None = None
    sqlite: bool = True


@dataclass(frozen=True, slots=True)
class ServiceBinding:
    """Another Worker, or this one, that the Worker sees as ``env.<binding>``.

    ``entrypoint`` is a class that the Worker ``service`` exports, None for what it exports by default.
    """

    binding: str
    service: str
    entrypoint: str | None = None


@dataclass(frozen=True, slots=True)
class QueueProducer:
    """A queue that the Worker sends to as ``env.<binding>``; ``delivery_delay`` is in seconds."""

    binding: str
    queue: str
    delivery_delay: int = 0


@dataclass(frozen=True, slots=True)
class QueueConsumer:
    """A queue whose batches the Worker's handler ``queue`` gets. The defaults are those of ``wrangler dev``.

    ``max_batch_timeout`` and ``retry_delay`` are in seconds. What has failed once and ``max_retries`` times
    more goes to the queue ``dead_letter_queue``, or is dropped where that is None.
    """

    queue: str
    max_batch_size: int = 5
    max_batch_timeout: float = 1
    max_retries: int = 2
    dead_letter_queue: str | None = None
    retry_delay: int = 0


@dataclass(frozen=True, slots=True)
class ModuleRule:
    """``type`` is what the files are that ``globs`` name: Text, Data, CompiledWasm, ESModule or CommonJS."""

    type: str
    globs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CustomBuild:
    """``command``, None for none, is run before the Worker is bundled: whenever a file in ``watch`` changes.

    ``cwd`` and ``watch`` are folders, relative to the root.
    """

    command: str | None = None
    cwd: str | None = None
    watch: tuple[str, ...] = ("./src",)


@dataclass(frozen=True, slots=True)
class AssetsConfig:
    """Static assets: the files of ``directory``, which is relative to the root; ``binding`` is None for none.

    ``run_worker_first`` is true, false, or patterns of paths.
    """

    directory: str
    binding: str | None = None
    html_handling: str = "auto-trailing-slash"
    not_found_handling: str = "none"
    run_worker_first: bool | tuple[str, ...] = False


@dataclass(frozen=True, slots=True)
class WorkerConfig:
    """A configuration for one environment, read and checked.

    ``path`` is the file, ``root`` its folder; ``main`` is relative to the folder, in its shortest spelling.
    ``environment`` is None for the top level. ``vars`` holds what the Worker finds in ``env`` besides its
    bindings: the file's values (text or any JSON) and over them those of the secrets files, always text.
    ``not_emulated`` are the bindings that a rehearsal and a test do not emulate, each with its name in
    messages; of them ``dev`` alone emulates ``r2_buckets``, ``services`` and ``queue_producers``.
    ``secrets`` has the names of the latter, and repr shows no values. ``dev`` is the section of that name as
    it stands in the file. ``define``, ``alias``, ``rules``, ``build``, ``no_bundle`` and ``minify`` say how a
    JavaScript Worker is built.

    ``log`` holds what wrangler prints while it reads all this, in order, without colours: warnings with their
    layout, and lines such as "Using secrets defined in .dev.vars". Each ends where printing it adds one line
    break; warnings belong on stderr, the lines on stdout.
    """

    path: Path
    root: Path
    environment: str | None = None
    name: str | None = None
    main: str | None = None
    account_id: str | None = None
    compatibility_date: str | None = None
    compatibility_flags: tuple[str, ...] = ()
    vars: dict[str, JSON] = field(default_factory=dict, repr=False)
    secrets: frozenset[str] = frozenset()
    kv_namespaces: tuple[KVBinding, ...] = ()
    durable_objects: tuple[DurableObjectBinding, ...] = ()
    d1_databases: tuple[D1Binding, ...] = ()
    r2_buckets: tuple[R2Binding, ...] = ()
    services: tuple[ServiceBinding, ...] = ()
    queue_producers: tuple[QueueProducer, ...] = ()
    queue_consumers: tuple[QueueConsumer, ...] = ()
    not_emulated: Mapping[str, str] = field(default_factory=dict)
    assets: AssetsConfig | None = None
    crons: tuple[str, ...] = ()
    dev: Mapping[str, JSON] = field(default_factory=dict)
    define: Mapping[str, str] = field(default_factory=dict)
    alias: Mapping[str, str] = field(default_factory=dict)
    rules: tuple[ModuleRule, ...] = ()
    build: CustomBuild = field(default_factory=CustomBuild)
    no_bundle: bool = False
    minify: bool = False
    log: tuple[str, ...] = ()

    @property
    def warnings(self) -> tuple[str, ...]:
        """The warnings among ``log``."""
        return tuple(text for text in self.log if text.startswith(WARNING_MARK))

    @property
    def entry(self) -> Path | None:
        """The file that ``main`` names."""
        return None if self.main is None else self.root / self.main

    @property
    def absent_in_dev(self) -> dict[str, str]:
        """Those of ``not_emulated`` that ``dev`` does not emulate either."""
        there = {one.binding for one in self.r2_buckets} | {one.binding for one in self.services}
        there |= {one.binding for one in self.queue_producers}
        return {name: kind for name, kind in self.not_emulated.items() if name not in there}

    def unique_key(self, class_name: str) -> str:
        """What the objects of a class are known by, in their ids and on disk."""
        return f"{self.name or 'worker'}-{class_name}"
