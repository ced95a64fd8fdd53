"""``dev``: serves the Worker of a folder on a local port, with its local namespaces."""

import asyncio
import socket
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from kvstore import StoreError
from kvstore.state_names import state_root
from worker.config import WorkerConfig
from worker.runtime import AddressInUse, ServeError, bind, serve
from wrangler_compat.arguments import Arguments
from wrangler_compat.console import Console
from wrangler_compat.context import Invocation
from wrangler_compat.deployment import Deployment, PythonDeployment
from wrangler_compat.errors import CommandError
from wrangler_compat.javascript import JavaScriptDeployment
from wrangler_compat.listening import asked_host, asked_port, until_interrupted
from wrangler_compat.target import Project, open_project
from wrangler_compat.watch import stamp, watch

DEFAULT_PORT = 8787
_PORTS_TRIED = 100


def serve_worker(invocation: Invocation) -> int:
    """Run until interrupted. Exit code 0 after Ctrl-C, as wrangler's."""
    arguments, console = invocation.arguments, invocation.console
    console.banner()
    project = open_project(arguments, invocation.environ, console, with_secrets=True)
    _with_main(project, arguments)

    def read() -> WorkerConfig:
        now = open_project(arguments, invocation.environ, console, with_secrets=True)
        return _with_main(now, arguments)

    try:
        listener = _listen(arguments)
        asyncio.run(_serve(read, project, invocation, listener))
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
    host, asked = asked_host(arguments), asked_port(arguments)
    if asked is not None:
        return bind(host, asked)
    for port in range(DEFAULT_PORT, DEFAULT_PORT + _PORTS_TRIED):
        try:
            return bind(host, port)
        except AddressInUse:
            continue
    raise AddressInUse(host, DEFAULT_PORT)


async def _serve(
    read: Callable[[], WorkerConfig],
    project: Project,
    invocation: Invocation,
    listener: socket.socket,
) -> None:
    arguments, console = invocation.arguments, invocation.console
    persist_to = arguments.text("persist-to")
    root = state_root(project.folder if persist_to else project.root, persist_to)
    before = stamp(project.root)  # whatever changes from here on is loaded again
    deployment = _deployment(read, root, console, invocation)
    try:
        await deployment.begin()
        async with serve(deployment, listener) as url:
            console.say(f"[wrangler:info] Ready on {url.replace('127.0.0.1', 'localhost')}")
            sys.stdout.flush()
            watching = asyncio.create_task(watch(project.root, before, invocation.clock, deployment.renew))
            await until_interrupted()
            watching.cancel()
    finally:
        await deployment.end()


def _deployment(
    read: Callable[[], WorkerConfig], root: Path, console: Console, invocation: Invocation
) -> Deployment:
    """Python Workers run in this process, all others in workerd."""
    test_scheduled = bool(invocation.arguments.switch("test-scheduled"))
    if (read().main or "").endswith(".py"):
        return PythonDeployment(read, root, console, test_scheduled=test_scheduled)
    return JavaScriptDeployment(read, root, console, invocation.environ)
