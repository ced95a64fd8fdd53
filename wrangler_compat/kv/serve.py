"""``kv serve``: the local namespaces on one port, for programs in other languages.

Requests that carry X-KV-Namespace are those of a real workerd's KV binding; all others belong to the REST
API.
"""

import asyncio
import sys
from pathlib import Path
from typing import Final

from kvstore import StateStore, Store, StoreError, StrictStorage
from kvstore.clock import Clock
from kvstore.copies.census import read_groups
from kvstore.copies.synthetic import SyntheticStore
from kvstore.javascript.json_document import read_json
from kvstore.storage.storage import Storage
from worker.config import WorkerConfig
from worker.kvwire import NAMESPACE_HEADER, StateFolder, StatusTextProtocol, create_kv_app
from worker.rest import create_rest_app, namespaces_in
from worker.rest.stores import StoreOpener
from worker.serving import ByHeader, Interrupts, ServeError, bind, serve
from wrangler_compat.cli.context import Invocation
from wrangler_compat.cli.errors import CommandError
from wrangler_compat.cli.listening import asked_host, asked_port

DEFAULT_PORT: Final = 8788
# The id and title of the namespace that is generated.
SYNTHETIC: Final = "synthetic"
_LOOPBACK: Final = ("127.0.0.1", "::1")


def serve_namespaces(invocation: Invocation) -> int:
    """Run until interrupted; exit code 0 then."""
    try:
        with Interrupts() as interrupts:
            invocation.console.banner()
            project = invocation.project
            root = project.state_root(invocation.arguments.text("persist-to"))
            interrupts.run(_serve(invocation, root, _bindings(project.config)))
    except (ServeError, StoreError) as error:
        raise CommandError(str(error)) from error
    except KeyboardInterrupt:
        pass
    return 0


def _bindings(config: WorkerConfig | None) -> dict[str, str]:
    """The ids of the namespaces that the configuration binds, by the name of the binding."""
    return {binding.binding: binding.local_id for binding in (config.kv_namespaces if config else ())}


async def _serve(invocation: Invocation, root: Path, bindings: dict[str, str]) -> None:
    port = asked_port(invocation.arguments)
    names = {namespace: namespace for namespace in namespaces_in(root)}
    names |= {namespace: name for name, namespace in bindings.items()}
    folder = StateFolder(root, invocation.clock)
    stores: StoreOpener = folder
    generated: list[str] = []
    if (census := invocation.arguments.text("synthetic")) is not None:
        synthetic = _synthetic(invocation.folder / census, invocation.clock)
        stores = _beside(folder, synthetic)
        generated = [f"{SYNTHETIC}, {len(synthetic):,} keys that are generated from {census}"]
    token = _token(invocation)
    titled = names | dict.fromkeys([SYNTHETIC] if generated else [], SYNTHETIC)
    rest = create_rest_app(root, stores, titled, bindings=bindings, token=token)
    storage = StrictStorage if invocation.arguments.switch("strict") else Storage
    app = ByHeader(NAMESPACE_HEADER, create_kv_app(stores, storage=storage, token=token), rest)
    # The address is written into configurations of others: another port than that would be no service.
    listener = bind(asked_host(invocation.arguments), DEFAULT_PORT if port is None else port)
    try:
        namespaces = [*await _swept(folder, names), *generated]
        async with serve(app, listener, StatusTextProtocol) as url:
            invocation.console.say(_banner(url.replace("127.0.0.1", "localhost"), root, namespaces))
            sys.stdout.flush()
            await asyncio.Event().wait()  # until a signal cancels this
    finally:
        await folder.close()


def _synthetic(path: Path, clock: Clock) -> SyntheticStore:
    """A namespace that is generated from a census in a file. Raises CommandError and StoreError."""
    try:
        document = read_json(path.read_text(encoding="utf-8"))
        groups = read_groups(document["census"] if isinstance(document, dict) else document)
    except OSError as error:
        raise CommandError(f"cannot read {path}: {error.strerror}") from error
    except KeyError as error:
        raise CommandError(f"{path} is not a census: it has no member {error}") from error
    except ValueError as error:
        raise CommandError(f"{path}: {error}") from error
    return SyntheticStore([shape for group in groups for shape in group.shapes], clock)


def _beside(folder: StoreOpener, synthetic: SyntheticStore) -> StoreOpener:
    return lambda namespace: synthetic if namespace == SYNTHETIC else folder(namespace)


def _token(invocation: Invocation) -> str | None:
    """What every request must carry: KV_SERVE_TOKEN, or --token, which others see in the list of processes.

    Beyond this machine CLOUDFLARE_API_TOKEN does too; here it is the one that wrangler sends anyway. Raises
    CommandError when there is none and other machines could ask.
    """
    host, environ = asked_host(invocation.arguments), invocation.environ
    token = invocation.arguments.text("token") or environ.get("KV_SERVE_TOKEN") or None
    if token is not None or host in _LOOPBACK:
        return token
    if not environ.get("CLOUDFLARE_API_TOKEN"):
        raise CommandError(
            f"Other machines reach {host}: give a token that they must send, in KV_SERVE_TOKEN or "
            "CLOUDFLARE_API_TOKEN, or listen on localhost."
        )
    return environ["CLOUDFLARE_API_TOKEN"]


async def _swept(folder: StateFolder, names: dict[str, str]) -> list[str]:
    """Name, id and size of each namespace: so that an empty one explains itself."""
    described = []
    for namespace, name in names.items():
        try:
            described.append(f"{name} ({namespace}), {await _contents(folder(namespace))}")
        except StoreError as error:
            described.append(f"{name} ({namespace}) answers with an error: {error}")
    return described


async def _contents(store: StateStore) -> str:
    await store.sweep()
    keys, damaged = await _count(store), await store.damaged()
    left_out = f"; {len(damaged):,} damaged rows are left out: {'; '.join(damaged)}" if damaged else ""
    return f"{keys:,} keys{left_out}"


def _banner(url: str, root: Path, namespaces: list[str]) -> str:
    """Address, folder, namespaces; that all is ready comes last."""
    rows = [
        ("workerd", f"{url.removeprefix('http://')}, header X-KV-Namespace: <namespace id>"),
        ("REST API", f"{url}/client/v4"),
        ("Folder", str(root)),
        *(("Namespace", described) for described in namespaces),
    ]
    lines = [f"{title:<10} {text}" for title, text in rows]
    return "\n".join([*lines, "", f"[wrangler:info] Ready on {url}"])


async def _count(store: Store) -> int:
    count, last = 0, None
    while True:
        page = await store.scan(after=last)
        count += len(page.keys)
        if page.complete:
            return count
        last = page.keys[-1].name
