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


# How many events of Durable Objects may go on at once: each asks by bindings of its own.
EVENTS: Final = 16
DISK: Final = "objects"
# Whenever V8 collects garbage it looks at all: else it keeps what modules leave that are evaluated again and
# again, some 100 MB in a process of a search.
_V8_FLAGS: Final = '["--gc-global"]'


def main_module(config: WorkerConfig, *, tested: bool) -> str:
    """The text of the module that workerd takes as the Worker: it has the Worker's Durable Objects, too."""
    classes = sorted({one.class_name for one in config.durable_objects})
    objects = [f"export const {name} = around({json.dumps(name)});" for name in classes]
    around = f'import {{ around }} from "{"objects" if tested else "hosted"}";'
    return "\n".join(['export { default } from "entry";', around, *objects]) + "\n"


@dataclass(frozen=True)
class Asking:
    """By a ``binding``, "" for a timer or a fetch to the outside, a lane asks at a socket of its own.

    That of the Durable Objects has a set of bindings for each ``event``; it is None in all others.
    """

    lane: int
    binding: str
    event: int | None
    place: int

    @property
    def socket(self) -> str:
        """The name of the socket."""
        return f"asks-{self.lane}-{self.place}"

    @property
    def service(self) -> str:
        return self.socket if self.binding or self.event is not None else f"server-{self.lane}"

    @property
    def name(self) -> str:
        """What the binding is called in the isolate."""
        name = self.binding or "UNDERSTUDY"
        return name if self.event is None else f"understudy {self.event} {name}"


def asking(config: WorkerConfig, lane: int, *, hosts: bool = False) -> list[Asking]:
    """How a lane asks; ``hosts`` is that of the Durable Objects."""
    namespaces = [one.binding for one in config.kv_namespaces]
    bound = ["", *namespaces, *(one.binding for one in config.d1_databases)]
    every: list[tuple[int | None, str]] = [(None, one) for one in bound]
    if hosts:
        every += [(event, one) for event in range(EVENTS) for one in bound]
    return [Asking(lane, one, event, place) for place, (event, one) in enumerate(every)]


def configuration(folder: Path, config: WorkerConfig, bundle: Bundle, lanes: int, *, tested: bool) -> str:
    """The text of the workerd configuration, whose lanes all have the same Worker.

    In a test each lane has the Worker's Durable Objects, in memory. In a rehearsal one lane more has them,
    on disk in the ``folder``: those of SQLite are nowhere else.
    """
    names = ("main", "entry", "objects", "hosted", "values", "prelude", "date", "d1", "user", "again")
    modules = ", ".join(
        [
            *(f'(name = "{name}", esModule = embed "{name}.mjs")' for name in names),
            *(
                f"(name = {literal(name)}, {kind} = embed {literal(name)})"
                for name, (kind, _) in bundle.files.items()
            ),
        ]
    )
    flags = ", ".join(literal(flag) for flag in config.compatibility_flags)
    date = literal(config.compatibility_date or _OLDEST_DATE)
    services, workers, sockets = [], [], []
    host = lanes if config.durable_objects and not tested else None
    if host is not None:
        (folder / DISK).mkdir()
        path = literal(str(folder / DISK))
        services.append(f"(name = {literal(DISK)}, disk = (path = {path}, writable = true))")
    for lane in range(lanes if host is None else lanes + 1):
        asks = asking(config, lane, hosts=lane == host)
        services += [_external(folder / one.socket, one.service) for one in asks]
        services.append(f'(name = "{lane}", worker = .w{lane})')
        elsewhere = "" if host is None else f', serviceName = "{host}"'
        all_bound = [
            *variables(config.vars),
            *(_bound(one, config) for one in asks),
            *(
                f"(name = {literal(one.name)}, "
                f"durableObjectNamespace = (className = {literal(one.class_name)}{elsewhere}))"
                for one in config.durable_objects
            ),
            *variables({"UNDERSTUDY_ABSENT": dict(config.not_emulated), "UNDERSTUDY_TESTED": tested}),
        ]
        objects = _objects(config, tested=tested) if tested or lane == host else ""
        workers.append(
            f"const w{lane} :Workerd.Worker = (modules = [{modules}], compatibilityDate = {date}, "
            f"compatibilityFlags = [{flags}], bindings = [{', '.join(all_bound)}], "
            f'globalOutbound = "server-{lane}"{objects});'
        )
        address = literal(f"unix:{folder / f'lane-{lane}'}")
        sockets.append(
            f'(name = "{lane}", address = {address}, http = (cfBlobHeader = "{CF_HEADER}"), '
            f'service = "{lane}")'
        )
    separator = ",\n  "
    return (
        'using Workerd = import "/workerd/workerd.capnp";\n'
        f"const config :Workerd.Config = (v8Flags = {_V8_FLAGS},\n"
        f"services = [\n  {separator.join(services)}],\n"
        f"sockets = [\n  {separator.join(sockets)}]);\n" + "\n".join(workers) + "\n"
    )


def _bound(asking: Asking, config: WorkerConfig) -> str:
    if not asking.binding:
        return f"(name = {literal(asking.name)}, service = {literal(asking.service)})"
    is_namespace = any(one.binding == asking.binding for one in config.kv_namespaces)
    return (kv_binding if is_namespace else d1_binding)(asking.name, asking.service)


def _objects(config: WorkerConfig, *, tested: bool) -> str:
    """Where the classes of Durable Objects keep what they store."""
    if not config.durable_objects:
        return ""
    namespaces = object_namespaces(config, str if tested else config.unique_key, "preventEviction = true, ")
    storage = "inMemory = void" if tested else f"localDisk = {literal(DISK)}"
    return f", durableObjectNamespaces = [{namespaces}], durableObjectStorage = ({storage})"


def _external(place: Path, name: str) -> str:
    address = literal(f"unix:{place}")
    return f"(name = {literal(name)}, external = (address = {address}, http = ()))"
