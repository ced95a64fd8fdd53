"""``dev``: serves the Worker of a folder on a local port, with its local namespaces."""

import asyncio
import signal
import socket
import sys
import traceback
from dataclasses import replace
from pathlib import Path

from kvstore import KVNamespace, StoreError
from kvstore.state_names import state_root
from worker.config import KVBinding, WorkerConfig
from worker.runtime import (
    Access,
    AddressInUse,
    LocalNamespaces,
    ServeError,
    bind,
    create_app,
    load_configured,
    open_local,
    serve,
)
from wrangler_compat.arguments import Arguments
from wrangler_compat.console import Console
from wrangler_compat.context import Invocation
from wrangler_compat.errors import CommandError
from wrangler_compat.target import Project, open_project

DEFAULT_PORT = 8787
_PORTS_TRIED = 100


def serve_worker(invocation: Invocation) -> int:
    """Run until interrupted. Exit code 0 after Ctrl-C, as wrangler's."""
    arguments, console = invocation.arguments, invocation.console
    console.banner()
    project = open_project(arguments, invocation.environ, console, with_secrets=True)
    config = _with_main(project, arguments)
    try:
        listener = _listen(arguments)
        asyncio.run(_serve(config, project, arguments, listener, console))
    except (ServeError, StoreError) as error:
        raise CommandError(str(error)) from error
    except KeyboardInterrupt:
        pass
    return 0


def _with_main(project: Project, arguments: Arguments) -> WorkerConfig:
    """The configuration, with the entry file that was named on the command line, if one was."""
    script = arguments.words[0] if arguments.words else None
    config = project.config
    if config is None:
        if script is None:
            raise CommandError(
                f"No configuration was found from {project.folder} upward: there is no wrangler.toml, "
                "wrangler.json or wrangler.jsonc. Name the entry file, or run this in a Worker's folder."
            )
        return WorkerConfig(path=project.folder / "wrangler.toml", root=project.folder, main=script)
    given = _given_variables(arguments)
    main = script if script is not None else config.main
    return replace(config, main=main, vars={**config.vars, **given}, secrets=config.secrets | given.keys())


def _given_variables(arguments: Arguments) -> dict[str, str]:
    pairs = {}
    for text in arguments.flags.get("var", []):
        name, colon, value = text.partition(":")
        if not colon:
            raise CommandError(f'--var takes KEY:VALUE, but got "{text}"')
        pairs[name] = value
    return pairs


def _listen(arguments: Arguments) -> socket.socket:
    """A listening socket: the port that was asked for, else 8787 or the next free one."""
    host = arguments.text("ip") or "localhost"
    host = {"localhost": "127.0.0.1", "*": "0.0.0.0"}.get(host, host)
    asked = arguments.flags.get("port")
    if asked is not None:
        if not asked == asked // 1 or not 0 <= asked <= 65535:
            raise CommandError(f"--port must be a whole number from 0 to 65535, but got {asked}")
        return bind(host, int(asked))
    for port in range(DEFAULT_PORT, DEFAULT_PORT + _PORTS_TRIED):
        try:
            return bind(host, port)
        except AddressInUse:
            continue
    raise AddressInUse(host, DEFAULT_PORT)


async def _serve(
    config: WorkerConfig,
    project: Project,
    arguments: Arguments,
    listener: socket.socket,
    console: Console,
) -> None:
    persist_to = arguments.text("persist-to")
    root = state_root(project.folder if persist_to else config.root, persist_to)
    local = open_local(config, root)
    worker = load_configured(config, local.bindings)
    worker.on_error = lambda error: _show_error(console, error)
    await _show_bindings(console, config, local, root)
    app = create_app(worker, lambda access: _show_access(console, access))
    try:
        async with serve(app, listener) as url:
            console.say(f"[wrangler:info] Ready on {url.replace('127.0.0.1', 'localhost')}")
            sys.stdout.flush()
            await _until_interrupted()
    finally:
        await local.close()


async def _until_interrupted() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    await stop.wait()


def _show_access(console: Console, access: Access) -> None:
    took = f"{round(access.seconds * 1000)}ms"
    console.say(f"[wrangler:info] {access.method} {access.path} {access.status} {access.phrase} ({took})")
    sys.stdout.flush()


def _show_error(console: Console, error: BaseException) -> None:
    console.say("[wrangler:error] " + "".join(traceback.format_exception(error)).rstrip())


async def _show_bindings(console: Console, config: WorkerConfig, local: LocalNamespaces, root: Path) -> None:
    """Binding, namespace, and where its keys are: an empty namespace is then no riddle."""
    rows = [("Binding", "Resource")]
    for binding in config.kv_namespaces:
        keys = await _key_count(local.bindings[binding.binding])
        rows.append((_kv_name(binding), f"KV Namespace, {keys:,} keys in {root}"))
    for name, value in config.vars.items():
        shown = "(hidden)" if name in config.secrets else str(value)
        rows.append((f'env.{name} ("{shown}")', "Environment Variable"))
    if len(rows) > 1:
        width = max(len(first) for first, _ in rows)
        console.say("Your Worker has access to the following bindings:")
        console.say("\n".join(f"{first:<{width}}  {second}" for first, second in rows) + "\n")


def _kv_name(binding: KVBinding) -> str:
    return f"env.{binding.binding} ({binding.local_id})"


async def _key_count(namespace: KVNamespace) -> int:
    count = 0
    options: dict[str, str] = {}
    while True:
        page = await namespace.list(options)
        count += len(page["keys"])
        if page["list_complete"]:
            return count
        options = {"cursor": page["cursor"]}
