"""Writes the configuration that workerd reads: the Worker, its bindings, and where its KV is."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import quote

from worker.config import QueueProducer, WorkerConfig
from worker.d1.wire import DATABASE_HEADER
from worker.javascript.binding import (
    d1_binding,
    kv_binding,
    literal,
    object_namespaces,
    r2_binding,
    variables,
)
from worker.kvwire import NAMESPACE_HEADER
from worker.messaging.wire import DELAY_HEADER, QUEUE_HEADER
from worker.r2.wire import BUCKET_HEADER
from worker.runtime.services import NOT_RUNNING

_OLDEST_DATE: Final = "2021-11-02"
# Tells workerd which protocol the client spoke; a Worker does not see it.
PROTOCOL_HEADER: Final = "Understudy-Protocol"
# Carries ``request.cf``, as JSON; a Worker does not see it.
CF_HEADER: Final = "Understudy-Cf"
# Says that what is asked for is one of the Worker's static assets.
ASSETS_HEADER: Final = "Understudy-Assets"
# Names a Worker in Python that a JavaScript Worker calls, in the form of `called`.
SERVICE_HEADER: Final = "Understudy-Service"
# Names one, in that form too, of which a method is called.
METHODS_HEADER: Final = "Understudy-Methods"
# Names a JavaScript Worker that a Worker in Python or a queue calls, in that form too.
CALL_HEADER: Final = "Understudy-Call"
# Says that a request has come through the server in front, which guards: workerd's own port takes no others.
SECRET_HEADER: Final = "Understudy-Secret"
# The service that is the user's Worker: a debugger sees its name.
USER_SERVICE: Final = "user"
_ENTRY: Final = Path(__file__).parent / "entry.mjs"
_CACHE: Final = Path(__file__).parent / "cache.mjs"
# Says for which request a namespace is asked, and to the Worker which request it is.
VISIT_HEADER: Final = "understudy-visit"
# Modules that other modules of ours import as ``date``, ``d1`` and ``values``.
DATE: Final = Path(__file__).parent / "date.mjs"
D1: Final = Path(__file__).parent / "d1.mjs"
_AROUND: Final = (Path(__file__).parent / "visit.mjs", Path(__file__).parent / "moved.mjs", DATE, D1)
_CAUGHT: Final = Path(__file__).parent / "caught.mjs"
_ABSENT: Final = Path(__file__).parent / "absent.mjs"
_PYTHON: Final = Path(__file__).parent / "python.mjs"
VALUES: Final = Path(__file__).parent / "values.mjs"


@dataclass(frozen=True)
class Service:
    """``address`` is the host and port of our KV and D1, ``bundle`` the file of the Worker's module.

    ``secret`` is what KV and D1 take as a token, and what requests to the Worker must carry. With
    ``test_scheduled`` the path ``/__scheduled`` fires the scheduled handler. ``modules`` are files beside the
    bundle, each with the member of workerd's configuration that holds it. A Worker that ``is_script`` exports
    nothing, and listens for events. Up to ``visits`` requests at a time are told apart by what they ask of
    namespaces; a script's are not. ``objects`` is the folder of what the Worker's Durable Objects store.

    ``beside`` are Workers that run in the same workerd; of them only ``config``, ``bundle``, ``modules`` and
    ``is_script`` count, with the ``folder`` of their files. ``elsewhere`` names Workers that answer at
    ``address``. ``calls`` are the Workers, each with an entrypoint or None, that others than clients call.
    """

    config: WorkerConfig
    address: str
    secret: str
    bundle: str = "bundle.mjs"
    test_scheduled: bool = False
    modules: Mapping[str, str] = field(default_factory=dict)
    is_script: bool = False
    visits: int = 0
    objects: Path | None = None
    folder: str = ""
    beside: Sequence["Service"] = ()
    elsewhere: Collection[str] = ()
    calls: Sequence[tuple[str, str | None]] = ()

    @property
    def every(self) -> list["Service"]:
        return [self, *self.beside]

    def of(self, name: str) -> str | None:
        """The service in workerd that is the Worker of a name, None for none."""
        for number, one in enumerate(self.every):
            if one.config.name == name:
                return f"{USER_SERVICE}:{name}" if number else USER_SERVICE
        return None


def configuration(service: Service) -> str:
    """The text of a workerd configuration that serves the Worker on a free port of 127.0.0.1."""
    every = service.every
    return _TEMPLATE.format(
        services="".join(
            [
                *_services(service),
                *(
                    _external(f"assets:{one.config.name}", {ASSETS_HEADER: one.config.name or "1"}, service)
                    for one in every
                    if one.config.assets
                ),
                *_disk(service),
                *_queue_services(service),
                *_other_services(service),
            ]
        ),
        workers="".join(
            _worker(f"user{number}", one, service, front=not number) for number, one in enumerate(every)
        ),
        names="".join(_named(f"user{number}", one, service) for number, one in enumerate(every)),
        calls="".join(_call(*one, service) for one in service.calls),
        entry=literal(_ENTRY.name),
        values=literal(VALUES.name),
        test_scheduled="true" if service.test_scheduled else "false",
        protocol=literal(PROTOCOL_HEADER),
        cf=literal(CF_HEADER),
        cache=literal(_CACHE.name),
        user=literal(USER_SERVICE),
        secret_header=literal(SECRET_HEADER),
        secret=literal(service.secret),
        call_header=literal(CALL_HEADER),
    )


def write_entry(folder: Path) -> None:
    """Put the modules that stand around the Worker into the folder of the configuration."""
    for module in (_ENTRY, _CACHE, _CAUGHT, _ABSENT, _PYTHON, VALUES, *_AROUND):
        (folder / module.name).write_bytes(module.read_bytes())


def called(name: str, entrypoint: str | None) -> str:
    """A Worker and its entrypoint in one text."""
    return name if entrypoint is None else f"{name}#{entrypoint}"


def _named(constant: str, one: Service, service: Service) -> str:
    name = service.of(one.config.name or "") or USER_SERVICE
    return f"    (name = {literal(name)}, worker = .{constant}),\n"


def _call(name: str, entrypoint: str | None, service: Service) -> str:
    binding = literal(f"CALL {called(name, entrypoint)}")
    return f", (name = {binding}, service = {_to_worker(service, name, entrypoint)})"


def _worker(constant: str, one: Service, service: Service, *, front: bool) -> str:
    config = one.config
    return _WORKER.format(
        constant=constant,
        code=_code(one, front=front),
        date=literal(config.compatibility_date or _OLDEST_DATE),
        flags=", ".join(literal(flag) for flag in config.compatibility_flags if flag != "python_workers"),
        bindings=", ".join(
            [
                *variables(config.vars),
                *_bindings(one),
                *_object_bindings(config),
                *_assets(config),
                *_queue_bindings(config),
                *_service_bindings(config, service),
            ]
        ),
        objects=_objects(one, service),
    )


def _code(service: Service, *, front: bool) -> str:
    def file(name: str) -> str:
        return literal(f"{service.folder}{name}")

    if service.is_script:
        return f"serviceWorkerScript = embed {file(service.bundle)}"
    around = [
        *(f'(name = "{one.stem}", esModule = embed "{one.name}")' for one in _AROUND if service.visits),
        f'(name = "worker", esModule = embed {literal(_CAUGHT.name)})',
    ]
    modules = [
        *(around if front else ()),
        f'(name = "bundle", esModule = embed {file(service.bundle)})',
        *(f"(name = {literal(name)}, {kind} = embed {file(name)})" for name, kind in service.modules.items()),
    ]
    return f"modules = [{', '.join(modules)}]"


_TEMPLATE: Final = """\
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "entry", worker = .entry),
{names}    (name = "cache", worker = .cache),
    (name = "internet", network = (allow = ["public", "private"], tlsOptions = (trustBrowserCas = true))),
{services}  ],
  sockets = [
    (name = "http", address = "127.0.0.1:0", service = "entry",
     http = (forwardedProtoHeader = {protocol}, cfBlobHeader = {cf})),
  ],
);

const entry :Workerd.Worker = (
  modules = [(name = "entry", esModule = embed {entry}), (name = "values", esModule = embed {values})],
  compatibilityDate = "2025-01-01",
  compatibilityFlags = ["service_binding_extra_handlers"],
  bindings = [(name = "USER", service = {user}), (name = "TEST_SCHEDULED", json = "{test_scheduled}"),
    (name = "SECRET_HEADER", text = {secret_header}), (name = "SECRET", text = {secret}),
    (name = "CALL_HEADER", text = {call_header}){calls}],
);

const cache :Workerd.Worker = (
  modules = [(name = "cache", esModule = embed {cache})],
  compatibilityDate = "2025-01-01",
);

{workers}"""
_WORKER: Final = """\
const {constant} :Workerd.Worker = (
  {code},
  cacheApiOutbound = "cache",
  compatibilityDate = {date},
  compatibilityFlags = [{flags}],
  bindings = [{bindings}],
{objects});
"""


def _services(service: Service) -> list[str]:
    """What answers for a namespace or a database, and for each visit to it."""
    configs = [one.config for one in service.every]
    kv = sorted({("kv", NAMESPACE_HEADER, one.local_id) for each in configs for one in each.kv_namespaces})
    d1 = sorted({("d1", DATABASE_HEADER, one.local_id) for each in configs for one in each.d1_databases})
    r2 = sorted({("r2", BUCKET_HEADER, one.bucket) for each in configs for one in each.r2_buckets})
    return [_external(f"{kind}:{one}", {header: one}, service) for kind, header, one in kv + d1 + r2] + [
        _external(f"{kind} {visit}:{one}", {header: one, VISIT_HEADER: str(visit)}, service)
        for visit in range(service.visits)
        for kind, header, one in kv + d1
    ]


def _external(name: str, given: Mapping[str, str], service: Service, options: str = "") -> str:
    # A request between Workers may have an Authorization of its own.
    token = {SECRET_HEADER: service.secret} if options else {"Authorization": f"Bearer {service.secret}"}
    headers = ", ".join(
        f"(name = {literal(header)}, value = {literal(value)})"
        for header, value in {**given, **token}.items()
    )
    return (
        f"    (name = {literal(name)}, external = (address = {literal(service.address)}, "
        f"http = ({options}injectRequestHeaders = [{headers}]))),\n"
    )


def _bindings(service: Service) -> list[str]:
    """The namespaces and databases, and those of each visit, which visit.mjs finds by their names."""
    config = service.config
    bound = [(kv_binding, "kv", one.binding, one.local_id) for one in config.kv_namespaces]
    bound += [(d1_binding, "d1", one.binding, one.local_id) for one in config.d1_databases]
    r2 = [(r2_binding, "r2", one.binding, one.bucket) for one in config.r2_buckets]
    return [binding(name, f"{kind}:{one}") for binding, kind, name, one in bound + r2] + [
        binding(f"understudy {visit} {name}", f"{kind} {visit}:{one}")
        for visit in range(service.visits)
        for binding, kind, name, one in bound
    ]


def _object_bindings(config: WorkerConfig) -> list[str]:
    return [
        f"(name = {literal(one.name)}, durableObjectNamespace = (className = {literal(one.class_name)}))"
        for one in config.durable_objects
    ]


def _disk(service: Service) -> list[str]:
    if service.objects is None or not any(one.config.durable_objects for one in service.every):
        return []
    path = literal(str(service.objects))
    return [f'    (name = "objects", disk = (path = {path}, writable = true)),\n']


def _objects(one: Service, service: Service) -> str:
    """The classes of a Worker's objects, which keep what they store where wrangler does."""
    if not one.config.durable_objects or not _disk(service):
        return ""
    listed = object_namespaces(one.config, one.config.unique_key)
    return f'  durableObjectNamespaces = [{listed}],\n  durableObjectStorage = (localDisk = "objects"),\n'


def _assets(config: WorkerConfig) -> list[str]:
    binding = None if config.assets is None else config.assets.binding
    return (
        []
        if binding is None
        else [f"(name = {literal(binding)}, service = {literal(f'assets:{config.name}')})"]
    )


def _queue_services(service: Service) -> list[str]:
    every = {_queue(one): one for each in service.every for one in each.config.queue_producers}
    return [
        _external(name, {QUEUE_HEADER: quote(one.queue), DELAY_HEADER: str(int(one.delivery_delay))}, service)
        for name, one in every.items()
    ]


def _queue_bindings(config: WorkerConfig) -> list[str]:
    return [
        f"(name = {literal(one.binding)}, queue = {literal(_queue(one))})" for one in config.queue_producers
    ]


def _queue(producer: QueueProducer) -> str:
    return f"queue:{producer.queue}:{producer.delivery_delay}"


def _other_services(service: Service) -> list[str]:
    """The Workers that are bound and are not in this workerd: in Python, or not running at all."""
    bound = {(one.service, one.entrypoint) for each in service.every for one in each.config.services}
    found = {}
    for name, entrypoint in sorted(bound, key=str):
        if name in service.elsewhere:
            one = called(name, entrypoint)
            found[one] = _python(one, service)
        elif not service.of(name):
            found[name] = _absent(name)
    return list(found.values())


def _python(one: str, service: Service) -> str:
    """A Worker in Python: what stands for it here, and what its requests and its methods are asked of."""
    style = f"forwardedProtoHeader = {literal(PROTOCOL_HEADER)}, "
    worker = (
        f'modules = [(name = "python", esModule = embed {literal(_PYTHON.name)}), '
        f'(name = "values", esModule = embed {literal(VALUES.name)})], compatibilityDate = "2025-01-01", '
        f'bindings = [(name = "REQUESTS", service = {literal(f"requests:{one}")}), '
        f'(name = "METHODS", service = {literal(f"methods:{one}")})]'
    )
    return (
        f"    (name = {literal(f'python:{one}')}, worker = ({worker})),\n"
        + _external(f"requests:{one}", {SERVICE_HEADER: quote(one)}, service, style)
        + _external(f"methods:{one}", {METHODS_HEADER: quote(one)}, service, style)
    )


def _absent(name: str) -> str:
    worker = (
        f'modules = [(name = "absent", esModule = embed {literal(_ABSENT.name)})], '
        f'compatibilityDate = "2025-01-01", '
        f'bindings = [(name = "TEXT", text = {literal(NOT_RUNNING.format(name))})]'
    )
    return f"    (name = {literal(f'absent:{name}')}, worker = ({worker})),\n"


def _service_bindings(config: WorkerConfig, service: Service) -> list[str]:
    return [
        f"(name = {literal(one.binding)}, service = {_to_worker(service, one.service, one.entrypoint)})"
        for one in config.services
    ]


def _to_worker(service: Service, name: str, entrypoint: str | None) -> str:
    """What a binding to a Worker designates."""
    if there := service.of(name):
        named = "" if entrypoint is None else f", entrypoint = {literal(entrypoint)}"
        return f"(name = {literal(there)}{named})"
    if name in service.elsewhere:
        return literal(f"python:{called(name, entrypoint)}")
    return literal(f"absent:{name}")
