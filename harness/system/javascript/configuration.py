"""The workerd configuration of isolates that the simulation drives."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from worker.config import WorkerConfig
from worker.javascript import CF_HEADER, literal, variables

# Which of them asks, and by which binding; "" for a timer, or a fetch to the outside.
LANE_HEADER: Final = "understudy-lane"
BINDING_HEADER: Final = "understudy-binding"
_OLDEST_DATE: Final = "2021-11-02"


@dataclass(frozen=True)
class Bundle:
    """A Worker as it is built: its module, and ``files`` that it imports, each with the member of workerd's
    configuration that holds it.
    """

    code: bytes
    files: Mapping[str, tuple[str, bytes]]

    @property
    def size(self) -> int:
        return len(self.code)

    def write(self, folder: Path) -> None:
        """Put it into the folder of the configuration."""
        (folder / "user.mjs").write_bytes(self.code)
        for name, (_, content) in self.files.items():
            (folder / name).write_bytes(content)


def main_module(config: WorkerConfig) -> str:
    """The text of the module that workerd takes as the Worker: it has the Worker's Durable Objects, too."""
    classes = sorted({one.class_name for one in config.durable_objects})
    objects = [f"export const {name} = around({json.dumps(name)});" for name in classes]
    lines = ['export { default } from "entry";', 'import { around } from "objects";', *objects]
    return "\n".join(lines) + "\n"


def configuration(folder: Path, config: WorkerConfig, bundle: Bundle, generations: int, lanes: int) -> str:
    """The text of the workerd configuration, whose lanes all have the same Worker."""
    names = [f"user-{one}" for one in range(generations)]
    modules = ", ".join(
        [
            '(name = "main", esModule = embed "main.mjs")',
            '(name = "entry", esModule = embed "entry.mjs")',
            '(name = "objects", esModule = embed "objects.mjs")',
            '(name = "prelude", esModule = embed "prelude.mjs")',
            '(name = "date", esModule = embed "date.mjs")',
            *(f'(name = "{name}", esModule = embed "user.mjs")' for name in names),
            *(
                f"(name = {literal(name)}, {kind} = embed {literal(name)})"
                for name, (kind, _) in bundle.files.items()
            ),
        ]
    )
    flags = ", ".join(literal(flag) for flag in config.compatibility_flags)
    date = literal(config.compatibility_date or _OLDEST_DATE)
    services, workers, sockets = [], [], []
    for lane in range(lanes):
        bindings = [(one.binding, f"kv-{lane}-{one.binding}") for one in config.kv_namespaces]
        services += [_external(folder, name, lane, binding) for binding, name in bindings]
        services += [_external(folder, f"server-{lane}", lane, ""), f'(name = "{lane}", worker = .w{lane})']
        bound = [
            *variables(config.vars),
            *(f"(name = {literal(one)}, kvNamespace = {literal(name)})" for one, name in bindings),
            *(
                f"(name = {literal(one.name)}, durableObjectNamespace = {literal(one.class_name)})"
                for one in config.durable_objects
            ),
            f'(name = "UNDERSTUDY", service = "server-{lane}")',
        ]
        workers.append(
            f"const w{lane} :Workerd.Worker = (modules = [{modules}], compatibilityDate = {date}, "
            f"compatibilityFlags = [{flags}], bindings = [{', '.join(bound)}], "
            f'globalOutbound = "server-{lane}"{_objects(config)});'
        )
        address = literal(f"unix:{folder / f'lane-{lane}'}")
        sockets.append(
            f'(name = "{lane}", address = {address}, http = (cfBlobHeader = "{CF_HEADER}"), '
            f'service = "{lane}")'
        )
    separator = ",\n  "
    return (
        'using Workerd = import "/workerd/workerd.capnp";\n'
        f"const config :Workerd.Config = (services = [\n  {separator.join(services)}],\n"
        f"sockets = [\n  {separator.join(sockets)}]);\n" + "\n".join(workers) + "\n"
    )


def _objects(config: WorkerConfig) -> str:
    """Where the classes of Durable Objects keep what they store: in memory."""
    if not config.durable_objects:
        return ""
    classes = {one.class_name: one.sqlite for one in config.durable_objects}
    namespaces = ", ".join(
        f"(className = {literal(name)}, uniqueKey = {literal(name)}, preventEviction = true, "
        f"enableSql = {'true' if sqlite else 'false'})"
        for name, sqlite in classes.items()
    )
    return f", durableObjectNamespaces = [{namespaces}], durableObjectStorage = (inMemory = void)"


def _external(folder: Path, name: str, lane: int, binding: str) -> str:
    address = literal(f"unix:{folder / 'server'}")
    headers = ", ".join(
        f"(name = {literal(header)}, value = {literal(value)})"
        for header, value in ((LANE_HEADER, str(lane)), (BINDING_HEADER, binding))
    )
    return (
        f"(name = {literal(name)}, external = (address = {address}, "
        f"http = (injectRequestHeaders = [{headers}])))"
    )
