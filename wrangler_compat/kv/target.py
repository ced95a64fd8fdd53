"""Which namespace a command means, and where it is."""

from dataclasses import dataclass

from worker.config import KVBinding, WorkerConfig
from wrangler_compat.cli.arguments import Arguments
from wrangler_compat.cli.context import Invocation
from wrangler_compat.cli.errors import CommandError, UsageError
from wrangler_compat.kv.local_namespace import LocalNamespace
from wrangler_compat.kv.namespace import Namespace


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


async def open_target(invocation: Invocation, *, default_preview: bool | None) -> Target:
    """The namespace that the arguments name, local or in the account.

    ``default_preview`` is what the command takes when --preview is not given: False for those that read,
    None for those that write, which then refuse to choose between two ids.
    """
    arguments = invocation.arguments
    if namespace := arguments.text("namespace-id"):
        return Target(open_namespace(invocation, namespace), f'id: "{namespace}"')
    name = arguments.flags.get("binding")
    chosen = await binding_id(invocation, name, remote=is_remote(arguments), default_preview=default_preview)
    return Target(open_namespace(invocation, chosen), f'binding: "{name}" (id: "{chosen}")')


def open_namespace(invocation: Invocation, namespace: str, *, remote: bool | None = None) -> Namespace:
    """The namespace of that id; ``remote`` None asks the arguments."""
    if is_remote(invocation.arguments) if remote is None else remote:
        from wrangler_compat.kv.remote_namespace import RemoteNamespace
        from wrangler_compat.kv.session import Session

        return RemoteNamespace(Session(invocation), namespace)
    root = invocation.project.state_root(invocation.arguments.text("persist-to"))
    return LocalNamespace(root, namespace, invocation.clock)


async def binding_id(
    invocation: Invocation, name: str | None, *, remote: bool, default_preview: bool | None
) -> str:
    """The id behind a binding. Raises CommandError when the configuration does not say it."""
    binding = find_binding(invocation.project.config, name)
    given = invocation.arguments.switch("preview")
    chosen = choose_id(binding, default_preview if given is None else given)
    if chosen is not None:
        return chosen
    if not remote:
        return binding.binding  # what the local runtime does
    from wrangler_compat.kv.session import Session

    async with Session(invocation) as session:
        return await session.deployed_id(binding.binding)


def find_binding(config: WorkerConfig | None, name: str | None) -> KVBinding:
    """The binding in the configuration. Raises CommandError if there is none of that name."""
    bindings = config.kv_namespaces if config else ()
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
