"""The workerd configuration of isolates that the simulation drives."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from worker.config import WorkerConfig
from worker.javascript import CF_HEADER, d1_binding, kv_binding, literal, object_namespaces, variables

_OLDEST_DATE: Final = "2021-11-02"


@dataclass(frozen=True)
class Bundle:
    """A Worker as it is built: its module, ``files`` that it imports, each with the member of workerd's
    configuration that holds it, and ``imports``, the modules of workerd's that it imports.

    ``is_function``: the module is the body of a CommonJS one, which can be evaluated again and again.
    """

    code: bytes
    files: Mapping[str, tuple[str, bytes]]
    imports: list[str]
    is_function: bool

    def write(self, folder: Path) -> None:
        """Put it into the folder of the configuration: "user", which exports a function to evaluate it, and
        what that may ask for by ``require``. Lines of the Worker keep their numbers.
        """
        for name, (_, content) in self.files.items():
            (folder / name).write_bytes(content)
        if not self.is_function:
            (folder / "user.mjs").write_bytes(self.code)
            (folder / "again.mjs").write_text(_ONCE)
            return
        asked = {name: f"* as m{number}" for number, name in enumerate(self.imports)}
        asked |= {f"./{name}": f"f{number}" for number, name in enumerate(self.files)}
        begin = "".join(f"import {one} from {json.dumps(name)};" for name, one in asked.items())
        known = ",".join(f"{json.dumps(name)}:{one.rpartition(' ')[2]}" for name, one in asked.items())
        begin += f"export const modules={{{known}}};export default (module,exports,require)=>{{"
        (folder / "user.mjs").write_bytes(begin.encode() + self.code + b"\n};\n")
        (folder / "again.mjs").write_text('export * from "user";export { default } from "user";\n')


_ONCE: Final = """import * as user from "user";
export const modules = {};
export default (module) => { module.exports = { ...user, __esModule: true }; };
"""


def main_module(config: WorkerConfig) -> str:
    """The text of the module that workerd takes as the Worker: it has the Worker's Durable Objects, too."""
    classes = sorted({one.class_name for one in config.durable_objects})
    objects = [f"export const {name} = around({json.dumps(name)});" for name in classes]
    lines = ['export { default } from "entry";', 'import { around } from "objects";', *objects]
    return "\n".join(lines) + "\n"


def configuration(folder: Path, config: WorkerConfig, bundle: Bundle, lanes: int) -> str:
    """The text of the workerd configuration, whose lanes all have the same Worker.

    Each binding of a lane asks at a socket of its own, whose name `asks_at` says.
    """
    modules = ", ".join(
        [
            *(
                f'(name = "{name}", esModule = embed "{name}.mjs")'
                for name in ("main", "entry", "objects", "prelude", "date", "d1", "user", "again")
            ),
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
        names = {one: f"asked-{lane}-{one}" if one else f"server-{lane}" for one in bound(config)}
        services += [
            _external(folder / asks_at(lane, place), name) for place, name in enumerate(names.values())
        ]
        services.append(f'(name = "{lane}", worker = .w{lane})')
        all_bound = [
            *variables(config.vars),
            *(kv_binding(one.binding, names[one.binding]) for one in config.kv_namespaces),
            *(d1_binding(one.binding, names[one.binding]) for one in config.d1_databases),
            *(
                f"(name = {literal(one.name)}, durableObjectNamespace = {literal(one.class_name)})"
                for one in config.durable_objects
            ),
            f'(name = "UNDERSTUDY", service = "server-{lane}")',
            *variables({"UNDERSTUDY_ABSENT": dict(config.not_emulated)}),
        ]
        workers.append(
            f"const w{lane} :Workerd.Worker = (modules = [{modules}], compatibilityDate = {date}, "
            f"compatibilityFlags = [{flags}], bindings = [{', '.join(all_bound)}], "
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
    namespaces = object_namespaces(config, str, "preventEviction = true, ")
    return f", durableObjectNamespaces = [{namespaces}], durableObjectStorage = (inMemory = void)"


def bound(config: WorkerConfig) -> list[str]:
    """The bindings by which a lane asks; "" for a timer, or a fetch to the outside."""
    namespaces = [one.binding for one in config.kv_namespaces]
    return ["", *namespaces, *(one.binding for one in config.d1_databases)]


def asks_at(lane: int, place: int) -> str:
    """The name of the socket at which the binding at a ``place`` in `bound` asks."""
    return f"asks-{lane}-{place}"


def _external(place: Path, name: str) -> str:
    address = literal(f"unix:{place}")
    return f"(name = {literal(name)}, external = (address = {address}, http = ()))"
