"""Which namespace a command means, and its local store."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kvstore.namespace import KVNamespace
from kvstore.state_names import state_root
from kvstore.state_store import StateStore
from worker.config import ConfigError, ConfigFileError, KVBinding, WorkerConfig, find_config, load_config
from wrangler_compat.arguments import Arguments
from wrangler_compat.console import Console
from wrangler_compat.errors import CommandError, FileError, UsageError


@dataclass(frozen=True)
class Project:
    """Where a command runs: ``folder`` is what relative paths are seen from."""

    folder: Path
    config: WorkerConfig | None

    @property
    def root(self) -> Path:
        """The folder of the configuration file, which is where ``.wrangler`` is."""
        return self.config.root if self.config else self.folder


def open_project(
    arguments: Arguments, environ: Mapping[str, str], console: Console, *, with_secrets: bool = False
) -> Project:
    """Find and read the configuration. Raises CommandError with wrangler's text when it is wrong."""
    folder = Path(arguments.text("cwd") or ".").absolute()
    named = arguments.text("config")
    path = folder / named if named else find_config(folder)
    if path is None:
        return Project(folder, None)
    if not path.is_file():
        detail = f"ENOENT: no such file or directory, open '{path}'"
        raise FileError(f"Could not read file: {named}", detail)
    environment = arguments.flags.get("env")
    try:
        config = load_config(path, environment, environ, cwd=folder, with_secrets=with_secrets)
    except ConfigFileError as error:
        raise FileError(error.message, "\n".join(error.notes)) from error
    except ConfigError as error:
        raise CommandError(error.message) from error
    for warning in config.warnings:
        console.warn(warning)
    return Project(folder, config)


@dataclass(frozen=True)
class Target:
    """A namespace: ``display`` is how messages name it."""

    namespace: KVNamespace
    display: str


def check_selector(arguments: Arguments) -> None:
    """Exactly one of --binding and --namespace-id. Raises UsageError."""
    binding, namespace = arguments.text("binding"), arguments.text("namespace-id")
    if binding and namespace:
        raise UsageError(
            "Conflicting options: --binding and --namespace-id cannot be used together. "
            "Please provide only one."
        )
    if not binding and not namespace:
        raise UsageError(
            "Missing required option: exactly one of --binding and --namespace-id must be provided"
        )


def open_target(project: Project, arguments: Arguments, *, default_preview: bool | None) -> Target:
    """The namespace that the arguments name, on its local store.

    ``default_preview`` is what the command takes when --preview is not given: False for those that read,
    None for those that write, which then refuse to choose between two ids.
    """
    if arguments.switch("remote"):
        raise CommandError(
            "Remote namespaces cannot be reached yet: leave out --remote to use the local ones."
        )
    chosen, display = _identify(project, arguments, default_preview)
    if persist_to := arguments.text("persist-to"):
        root = state_root(project.folder, persist_to)
    else:
        root = state_root(project.root)
    return Target(KVNamespace(StateStore(root, chosen)), display)


def _identify(project: Project, arguments: Arguments, default_preview: bool | None) -> tuple[str, str]:
    if namespace := arguments.text("namespace-id"):
        return namespace, f'id: "{namespace}"'
    binding = _binding(project, arguments.text("binding") or "")
    given = arguments.switch("preview")
    chosen = _choose(binding, default_preview if given is None else given)
    return chosen, f'binding: "{binding.binding}" (id: "{chosen}")'


def _binding(project: Project, name: str) -> KVBinding:
    bindings = project.config.kv_namespaces if project.config else ()
    if not bindings:
        raise CommandError(
            "No KV namespaces are configured in your wrangler config file. Use `--namespace-id` to specify "
            'the namespace directly, or add a "kv_namespaces" entry to your config.'
        )
    for binding in bindings:
        if binding.binding == name:
            return binding
    raise CommandError(
        f'No KV namespace with binding "{name}" was found in the "kv_namespaces" section of your wrangler '
        "config. Check the binding name is correct, or use `--namespace-id` instead."
    )


def _choose(binding: KVBinding, preview: bool | None) -> str:
    if preview:
        if not binding.preview_id:
            raise CommandError(
                f"No preview ID found for {binding.binding}. Add one to your wrangler config file to use a "
                "separate namespace for previewing your worker."
            )
        return binding.preview_id
    if preview is None and binding.id and binding.preview_id:
        raise CommandError(
            f'The binding "{binding.binding}" has both an "id" and a "preview_id" configured. '
            "Pass `--preview` to target the preview namespace, or `--preview false` to target the production "
            "namespace."
        )
    if preview is None and binding.preview_id and not binding.id:
        return binding.preview_id
    # Without an id the local runtime uses the binding's name.
    return binding.id or binding.binding
