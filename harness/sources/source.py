"""Opens what ``--from`` names: a folder with wrangler's local state, or a file of its entries."""

from dataclasses import dataclass
from os.path import isdir, isfile
from pathlib import Path

from kvstore import Clock, NamespaceCopy, SourceError, copy_namespace, read_bulk
from kvstore.clock import iso
from kvstore.copies.bulk_json import gathered
from kvstore.copies.export_file import format_of, is_sqlite, read_export
from kvstore.stores.state_names import OBJECT_FOLDER, database_path
from kvstore.stores.table import Table
from worker.config import KVBinding, WorkerConfig, config_in, load_config

# A larger file, in bytes, is not read into memory as a whole.
_LARGE = 10_000_000
_STATE_FOLDERS = (".wrangler/state/v3/kv", "v3/kv", "kv", ".")


@dataclass(frozen=True)
class Source:
    """A namespace to rehearse on: ``label`` says in words where it came from."""

    label: str
    namespace: NamespaceCopy


def open_source(
    path: Path,
    clock: Clock,
    *,
    binding: str = "CACHE",
    namespace_id: str | None = None,
    preview: bool = False,
    environment: str | None = None,
) -> Source:
    """Copy the namespace that ``path`` holds. The source is never written.

    In a folder the namespace is ``namespace_id``, or what the folder's wrangler configuration binds as
    ``binding``: its id, its preview_id when ``preview`` is set or only that one has local state. Raises
    SourceError and ConfigError with what was looked for, and where.
    """
    # Asked so that a name too long for a file is one of nothing.
    if isfile(path):  # noqa: PTH113
        return _with_entries(Source(str(path), _read_file(path, clock)), clock)
    if not isdir(path):  # noqa: PTH112
        raise SourceError(f"{path} does not exist")
    config = _config(path, environment)
    root = _state_root(path)
    chosen = namespace_id or _bound_id(config, root, binding, preview, path)
    bound = f"binding {binding}, " if namespace_id is None else ""
    label = f"{path} ({bound}namespace {chosen})"
    return _with_entries(Source(label, copy_namespace(root, chosen, clock)), clock)


def _with_entries(source: Source, clock: Clock) -> Source:
    """SourceError when all has expired: a rehearsal on nothing says nothing, and expirations are moments."""
    copy = source.namespace
    if copy.expired and not copy.entries:
        raise SourceError(
            f"nothing is left of {source.label}: all {copy.expired:,} entries had expired by "
            f"{iso(clock.now_ms())}. Export the namespace again, or rehearse from remote"
        )
    return source


def _read_file(path: Path, clock: Clock) -> NamespaceCopy:
    try:
        is_large = path.stat().st_size > _LARGE
        if is_large or format_of(path.name) == "jsonl" or is_sqlite(path):
            return gathered(read_export(path, clock), clock.now_ms(), Table if is_large else dict)
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError(f"{path} is not a bulk JSON file: it is not UTF-8 text") from error
    except OSError as error:
        raise SourceError(f"cannot read {path}: {error.strerror}") from error
    return read_bulk(text, clock, str(path))


def _config(path: Path, environment: str | None) -> WorkerConfig | None:
    found = config_in(path)
    return None if found is None else load_config(found, environment)


def _state_root(path: Path) -> Path:
    for folder in _STATE_FOLDERS:
        root = path / folder
        if (root / OBJECT_FOLDER).is_dir():
            return root
    raise SourceError(
        f"{path} holds no local KV state: there is no .wrangler/state/v3/kv/{OBJECT_FOLDER} in it. Name the "
        "folder of a Worker that ran under wrangler dev, a state folder, or a bulk JSON file."
    )


def _bound_id(config: WorkerConfig | None, root: Path, binding: str, preview: bool, path: Path) -> str:
    if config is None:
        raise SourceError(
            f"{path} has no wrangler configuration that says which namespace {binding} is: "
            "give --namespace-id"
        )
    return _with_state(bound(config, binding), root, preview)


def bound(config: WorkerConfig, binding: str) -> KVBinding:
    """What the configuration says about a binding. Raises SourceError with the names that it has."""
    for one in config.kv_namespaces:
        if one.binding == binding:
            return one
    names = ", ".join(one.binding for one in config.kv_namespaces) or "none"
    raise SourceError(f"no KV binding {binding!r} in {config.path}; it binds: {names}")


def preview_of(binding: KVBinding) -> str:
    """The preview namespace's id. Raises SourceError when there is none."""
    if binding.preview_id is None:
        raise SourceError(f"No preview ID found for {binding.binding}: it has no preview_id")
    return binding.preview_id


def _with_state(binding: KVBinding, root: Path, preview: bool) -> str:
    """The id to read: as asked for, or the only one of the two that has local state."""
    if preview:
        return preview_of(binding)
    plain = binding.id or binding.binding
    other = binding.preview_id
    if other and not database_path(root, plain).is_file() and database_path(root, other).is_file():
        return other
    return plain
