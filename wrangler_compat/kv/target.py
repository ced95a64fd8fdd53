"""Which namespace a command means, and where it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kvstore.stores.state_names import state_root
from worker.config import ConfigError, ConfigFileError, KVBinding, WorkerConfig, find_config, load_config
from wrangler_compat.cli.arguments import Arguments
from wrangler_compat.cli.console import Console
from wrangler_compat.cli.context import Invocation
from wrangler_compat.cli.errors import CommandError, FileError, UsageError
from wrangler_compat.kv.local_namespace import LocalNamespace
from wrangler_compat.kv.namespace import Namespace

_NO_FOLDER: Final = (
    "A file or directory could not be found.\n\nMissing file or directory: {}\n\n"
    "This is typically caused by:\n  - The file or directory does not exist\n  - A typo in the file path\n"
    "  - The file was moved or deleted\n\nPlease check the file path and try again."
)


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
    folder = folder_of(arguments)
    named = arguments.text("config")
    path = folder / named if named else find_config(folder)
    if path is None:
        return Project(folder, None)
    if not path.is_file():
        detail = f"ENOENT: no such file or directory, open '{path}'"
        raise FileError(f"Could not read file: {named}", detail)
    environment = arguments.flags.get("env")
    env_files = arguments.flags.get("env-file", ())
    try:
        config = load_config(
            path, environment, environ, cwd=folder, with_secrets=with_secrets, env_files=env_files
        )
    except ConfigFileError as error:
        raise FileError(error.message, *error.notes, location=error.location) from error
    except ConfigError as error:
        for warning in error.warnings:
            console.warn(warning)
        raise CommandError(error.message) from error
    for warning in config.warnings:
        console.warn(warning)
    return Project(folder, config)


def folder_of(arguments: Arguments) -> Path:
    """The folder that relative paths are seen from. Raises CommandError for one that is not there."""
    folder = Path(arguments.text("cwd") or ".").absolute()
    if not folder.is_dir():
        raise CommandError(_NO_FOLDER.format(folder))
    return folder


@dataclass(frozen=True)
class Target:
    """A namespace: ``display`` is how messages name it."""

    namespace: Namespace
    display: str


def is_remote(arguments: Arguments) -> bool:
    """Whether the namespace in the account is meant. Local is the default, ``--no-local`` the other one."""
    local, remote = arguments.switch("local"), arguments.switch("remote")
    return not (local or remote is False or (local is None and remote is None))


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


async def open_target(project: Project, invocation: Invocation, *, default_preview: bool | None) -> Target:
    """The namespace that the arguments name, local or in the account.

    ``default_preview`` is what the command takes when --preview is not given: False for those that read,
    None for those that write, which then refuse to choose between two ids.
    """
    arguments = invocation.arguments
    if namespace := arguments.text("namespace-id"):
        return Target(open_namespace(project, invocation, namespace), f'id: "{namespace}"')
    name = arguments.flags.get("binding")
    chosen = await binding_id(
        project, invocation, name, remote=is_remote(arguments), default_preview=default_preview
    )
    return Target(open_namespace(project, invocation, chosen), f'binding: "{name}" (id: "{chosen}")')


def open_namespace(
    project: Project, invocation: Invocation, namespace: str, *, remote: bool | None = None
) -> Namespace:
    """The namespace of that id; ``remote`` None asks the arguments."""
    if is_remote(invocation.arguments) if remote is None else remote:
        from wrangler_compat.kv.remote_namespace import RemoteNamespace
        from wrangler_compat.kv.session import Session

        return RemoteNamespace(Session(project, invocation), namespace)
    persist_to = invocation.arguments.text("persist-to")
    folder = project.folder if persist_to else project.root
    return LocalNamespace(state_root(folder, persist_to), namespace, invocation.clock)


async def binding_id(
    project: Project, invocation: Invocation, name: str | None, *, remote: bool, default_preview: bool | None
) -> str:
    """The id behind a binding. Raises CommandError when the configuration does not say it."""
    binding = find_binding(project, name)
    given = invocation.arguments.switch("preview")
    chosen = choose_id(binding, default_preview if given is None else given)
    if chosen is not None:
        return chosen
    if not remote:
        return binding.binding  # what the local runtime does
    from wrangler_compat.kv.session import Session

    async with Session(project, invocation) as session:
        return await session.deployed_id(binding.binding)


def find_binding(project: Project, name: str | None) -> KVBinding:
    """The binding in the configuration. Raises CommandError if there is none of that name."""
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
        f'No KV namespace with binding "{"undefined" if name is None else name}" was found in the '
        '"kv_namespaces" section of your wrangler config. Check the binding name is correct, or use '
        "`--namespace-id` instead."
    )


def choose_id(binding: KVBinding, preview: bool | None) -> str | None:
    """The one of a binding's two ids that is meant, None when it has none. Raises CommandError."""
    if preview:
        if not binding.preview_id:
            raise CommandError(
                f'No preview namespace ID is configured for binding "{binding.binding}". Add a "preview_id" '
                f'to the "{binding.binding}" entry in your config\'s "kv_namespaces" section, or use '
                "`--namespace-id` to specify a preview namespace directly."
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
    return binding.id or None
