"""``dev``: serves the Worker of a folder on a local port, with its local namespaces.

What only some Workers or flags need is imported once they are there: a Worker in Python starts without what
runs workerd.
"""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kvstore import StoreError
from worker.javascript import BuildError
from worker.messaging import Broker
from worker.messaging.limits import QueueConfigError
from worker.runtime import LoadError, MissingEntryError
from worker.serving import Certificate, Guard, Interrupts, ServeError, serve
from wrangler_compat.cli.context import Invocation
from wrangler_compat.cli.errors import CommandError
from wrangler_compat.cli.listening import listen, reached_at
from wrangler_compat.cli.project import Project
from wrangler_compat.dev.deployment import Deployment, PythonDeployment
from wrangler_compat.dev.flags import BUILD, WITHOUT_EFFECT
from wrangler_compat.dev.hotkeys import box, dev_keys, listening, usable
from wrangler_compat.dev.members import read_members
from wrangler_compat.dev.settings import DevSettings, read_emulation, read_settings
from wrangler_compat.dev.shared import Shared
from wrangler_compat.dev.upstream import is_platforms
from wrangler_compat.dev.watch import Stamp, Watched, change, differing, stamp, watch

if TYPE_CHECKING:
    from wrangler_compat.dev.cron import Trigger
    from wrangler_compat.dev.emulation import Emulation
    from wrangler_compat.dev.live_reload import LiveReload

DEFAULT_PORT: Final = 8787
_OF_A_BUILD: Final = tuple(flag.name for flag in BUILD)
_OF_A_DEBUGGER: Final = ("inspector-port", "inspector-ip")

_BY_HAND: Final = (
    "Scheduled Workers are not automatically triggered during local development.\n"
    'To manually trigger a scheduled event, run:\n  curl "{}/cdn-cgi/handler/scheduled"\n'
    "For more details, see "
    "https://developers.cloudflare.com/workers/configuration/cron-triggers/#test-cron-triggers-locally"
)


def serve_worker(invocation: Invocation) -> int:
    """Run until interrupted. Exit code 0 after Ctrl-C, as wrangler's."""
    try:
        with Interrupts() as interrupts:
            _run(invocation, interrupts)
    except (QueueConfigError, ServeError, StoreError) as error:
        raise CommandError(str(error)) from error
    except KeyboardInterrupt:
        pass
    return 0


def _run(invocation: Invocation, interrupts: Interrupts) -> None:
    arguments, console = invocation.arguments, invocation.console
    console.level = arguments.text("log-level") or console.level
    console.banner()
    if arguments.switch("remote"):
        raise CommandError(
            "dev --remote would run the Worker on Cloudflare's network; here it runs on this machine only. "
            "`wrangler dev --remote` does that."
        )

    members = read_members(invocation)
    for member in members:
        for line in member.config.log:
            if line not in member.config.warnings:
                console.say(line)
    project = members[0].project
    settings = read_settings(arguments, members[0].config, project.folder)
    root = project.state_root(arguments.text("persist-to"))
    emulation = read_emulation(arguments, console.say)
    clock = emulation.clock if emulation else invocation.clock
    broker = Broker(clock, say=lambda line: console.say(f"[wrangler:info] {line}"), warn=console.caution)
    shared = Shared(members, broker)
    deployment = _deployments(shared, root, invocation, settings, emulation)
    interrupts.at_once.append(deployment.kill)
    interrupts.run(_serve(invocation, shared, settings, deployment, emulation))


async def _serve(
    invocation: Invocation,
    shared: Shared,
    settings: DevSettings,
    deployment: Deployment,
    emulation: "Emulation | None",
) -> None:
    project, config = shared.members[0].project, shared.members[0].config
    watched = [place for one in shared.members for place in one.watched]
    tls = _certificate(invocation, project) if settings.https else None
    listener = listen(settings.host, settings.port, DEFAULT_PORT)
    before = stamp(watched)  # whatever changes from here on is loaded again
    live = _live_reload(deployment) if settings.live_reload else None

    async def changed() -> None:
        await deployment.renew()
        if live is not None:
            await live.changed()

    upstream = settings.upstream
    guard = Guard(domains=(upstream.hostname,) if upstream.hostname else (), any_client=True)
    app = upstream.before(live or deployment)
    app = guard.before(emulation.before(app) if emulation else app, guarded=is_platforms)
    try:
        before = await _first(invocation, watched, deployment, before)
        is_built = any(one.is_built for one in shared.members)
        written = differing(before, stamp(watched)) if is_built else None
        clock = emulation.clock if emulation else invocation.clock
        known: list[Trigger] = []
        if settings.cron:
            from wrangler_compat.dev.cron import announcement, fire, triggers

            known = triggers(config.crons, clock)
        invocation.console.say("⎔ Starting local server...")
        async with serve(app, listener, tls=tls, websockets=True) as url:
            watching = asyncio.create_task(watch(watched, before, invocation.clock, changed, own=written))
            url = url.replace("127.0.0.1", "localhost")
            beside = [watching]
            if known:
                invocation.console.say(announcement(known))
                beside.append(asyncio.create_task(fire(known, clock, app, invocation.console.say)))
            elif settings.cron:
                invocation.console.caution("--cron has no effect: the configuration names no cron triggers.")
            elif config.crons and not settings.test_scheduled:
                invocation.console.caution(_BY_HAND.format(url))
            try:
                await _attend(invocation, url, settings.host, deployment)
            finally:
                for task in beside:
                    task.cancel()
                if live is not None:
                    await live.end()
    finally:
        await shared.broker.close()
        await deployment.end()


async def _first(
    invocation: Invocation, watched: Sequence[Watched], deployment: Deployment, before: Stamp
) -> Stamp:
    """Load the Worker; one that cannot be loaded is named, and waited for until somebody has mended it.

    What was there when it was loaded. Raises what `Deployment.begin` does for all that no file can mend.
    """
    while True:
        try:
            await deployment.begin()
            return before
        except MissingEntryError:
            raise
        except (BuildError, LoadError) as error:
            waits = "Waiting for a changed file; Ctrl-C ends it."
            invocation.console.fail(CommandError(f"{error}\n{waits}"))
            sys.stderr.flush()
            before = await change(watched, before, invocation.clock)


def _live_reload(deployment: Deployment) -> "LiveReload":
    from wrangler_compat.dev.live_reload import LiveReload

    return LiveReload(deployment)


def _certificate(invocation: Invocation, project: Project) -> Certificate:
    from wrangler_compat.dev.certificate import find_certificate  # cryptography is slow to import

    return find_certificate(
        invocation.arguments,
        invocation.environ,
        project.folder,
        project.root / ".wrangler",
        invocation.clock,
    )


async def _attend(invocation: Invocation, url: str, host: str, deployment: Deployment) -> None:
    """Say that all is ready, and wait for the end: a signal, which cancels this, or a key."""
    console = invocation.console
    console.say(f"[wrangler:info] Ready on {url}")
    for address in reached_at(host):
        console.say(f"[wrangler:info] - {url.replace(host, address)}")
    stop = asyncio.Event()
    wanted = invocation.arguments.switch("show-interactive-dev-session") is not False
    if not (wanted and console.interactive and usable()):
        sys.stdout.flush()
        await stop.wait()
        return
    keys = dev_keys(console, url, deployment.devtools, stop.set)
    console.say(box(keys))
    sys.stdout.flush()
    with listening(keys):
        await stop.wait()
    console.say("⎔ Shutting down local server...")


def _deployments(
    shared: Shared, root: Path, invocation: Invocation, settings: DevSettings, emulation: "Emulation | None"
) -> Deployment:
    """Python Workers run in this process, all others in one workerd."""
    console, members = invocation.console, shared.members
    _mention(invocation, WITHOUT_EFFECT)
    config = members[0].config
    if config.main is None and config.assets is not None and not shared.several:
        from wrangler_compat.dev.assets import AssetsDeployment

        return AssetsDeployment(config, members[0].read, root, console, shared)
    for member in members:
        if member.config.main is None:
            raise CommandError(
                f'Missing entry-point: {member.config.path} has no `main`. Add main = "src/entry.py", or '
                "name the file: wrangler-compat dev src/entry.py"
            )
    if members[0].is_python:
        _mention(invocation, dict.fromkeys(_OF_A_BUILD, "a Python Worker is not built"))
        _mention(invocation, dict.fromkeys(_OF_A_DEBUGGER, "a Python Worker runs in this very process"))
    else:
        _mention(invocation, {"allow": "workerd decides what a JavaScript Worker may do"})
    others = [one for one in members if not one.is_python]
    parts: list[Deployment] = []
    for member in members:
        if member.is_python:
            one = PythonDeployment(member.config, member.read, root, console, settings, shared, emulation)
            parts.append(one)
        elif member is others[0]:
            from wrangler_compat.dev.javascript import JavaScriptDeployment

            environ = invocation.environ
            parts.append(JavaScriptDeployment(others, root, console, environ, settings, shared, emulation))
    if len(parts) == 1:
        return parts[0]
    from wrangler_compat.dev.together import Together

    return Together(parts)


def _mention(invocation: Invocation, reasons: dict[str, str]) -> None:
    """Say of each of these flags that was given why nothing comes of it."""
    for name, reason in reasons.items():
        given = invocation.arguments.flags.get(name)
        if given is not None and given is not False:
            invocation.console.caution(f"--{name} has no effect here: {reason}.")
