"""Writes the configuration that workerd reads: the Worker, its bindings, and where its KV is."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from worker.config import WorkerConfig
from worker.d1.wire import DATABASE_HEADER
from worker.kvwire import NAMESPACE_HEADER
from worker.r2.wire import BUCKET_HEADER

_OLDEST_DATE: Final = "2021-11-02"
# Tells workerd which protocol the client spoke; a Worker does not see it.
PROTOCOL_HEADER: Final = "Understudy-Protocol"
# Carries ``request.cf``, as JSON; a Worker does not see it.
CF_HEADER: Final = "Understudy-Cf"
# Says that what is asked for is one of the Worker's static assets.
ASSETS_HEADER: Final = "Understudy-Assets"
# Says that a request has come through the server in front, which guards: workerd's own port takes no others.
SECRET_HEADER: Final = "Understudy-Secret"
# The service that is the user's Worker: a debugger sees its name.
USER_SERVICE: Final = "user"
_ENTRY: Final = Path(__file__).parent / "entry.mjs"
_CACHE: Final = Path(__file__).parent / "cache.mjs"
# Says for which request a namespace is asked, and to the Worker which request it is.
VISIT_HEADER: Final = "understudy-visit"
# Modules that other modules of ours import as ``date`` and ``d1``.
DATE: Final = Path(__file__).parent / "date.mjs"
D1: Final = Path(__file__).parent / "d1.mjs"
_AROUND: Final = (Path(__file__).parent / "visit.mjs", Path(__file__).parent / "moved.mjs", DATE, D1)
_CAUGHT: Final = Path(__file__).parent / "caught.mjs"


@dataclass(frozen=True)
class Service:
    """``address`` is the host and port of our KV and D1, ``bundle`` the file of the Worker's module.

    ``secret`` is what KV and D1 take as a token, and what requests to the Worker must carry. With
    ``test_scheduled`` the path ``/__scheduled`` fires the scheduled handler. ``modules`` are files beside the
    bundle, each with the member of workerd's configuration that holds it. A Worker that ``is_script`` exports
    nothing, and listens for events. Up to ``visits`` requests at a time are told apart by what they ask of
    namespaces; a script's are not. ``objects`` is the folder of what the Worker's Durable Objects store.
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


def configuration(service: Service) -> str:
    """The text of a workerd configuration that serves the Worker on a free port of 127.0.0.1."""
    config = service.config
    return _TEMPLATE.format(
        services="".join(
            [
                *_services(service),
                *([_external("assets:1", {ASSETS_HEADER: "1"}, service)] if config.assets else []),
                *_disk(service),
            ]
        ),
        date=literal(config.compatibility_date or _OLDEST_DATE),
        flags=", ".join(literal(flag) for flag in config.compatibility_flags if flag != "python_workers"),
        bindings=", ".join(
            [
                *variables(config.vars),
                *_bindings(service),
                *_object_bindings(config),
                *_assets(config),
            ]
        ),
        objects=_objects(service),
        code=_code(service),
        entry=literal(_ENTRY.name),
        test_scheduled="true" if service.test_scheduled else "false",
        protocol=literal(PROTOCOL_HEADER),
        cf=literal(CF_HEADER),
        cache=literal(_CACHE.name),
        user=literal(USER_SERVICE),
        secret_header=literal(SECRET_HEADER),
        secret=literal(service.secret),
    )


def write_entry(folder: Path) -> None:
    """Put the modules that stand around the Worker into the folder of the configuration."""
    for module in (_ENTRY, _CACHE, _CAUGHT, *_AROUND):
        (folder / module.name).write_bytes(module.read_bytes())


def _code(service: Service) -> str:
    if service.is_script:
        return f"serviceWorkerScript = embed {literal(service.bundle)}"
    modules = [
        *(f'(name = "{one.stem}", esModule = embed "{one.name}")' for one in _AROUND if service.visits),
        f'(name = "worker", esModule = embed {literal(_CAUGHT.name)})',
        f'(name = "bundle", esModule = embed {literal(service.bundle)})',
        *(
            f"(name = {literal(name)}, {kind} = embed {literal(name)})"
            for name, kind in service.modules.items()
        ),
    ]
    return f"modules = [{', '.join(modules)}]"


_TEMPLATE: Final = """\
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "entry", worker = .entry),
    (name = {user}, worker = .user),
    (name = "cache", worker = .cache),
    (name = "internet", network = (allow = ["public", "private"], tlsOptions = (trustBrowserCas = true))),
{services}  ],
  sockets = [
    (name = "http", address = "127.0.0.1:0", service = "entry",
     http = (forwardedProtoHeader = {protocol}, cfBlobHeader = {cf})),
  ],
);

const entry :Workerd.Worker = (
  modules = [(name = "entry", esModule = embed {entry})],
  compatibilityDate = "2025-01-01",
  compatibilityFlags = ["service_binding_extra_handlers"],
  bindings = [(name = "USER", service = {user}), (name = "TEST_SCHEDULED", json = "{test_scheduled}"),
    (name = "SECRET_HEADER", text = {secret_header}), (name = "SECRET", text = {secret})],
);

const cache :Workerd.Worker = (
  modules = [(name = "cache", esModule = embed {cache})],
  compatibilityDate = "2025-01-01",
);

const user :Workerd.Worker = (
  {code},
  cacheApiOutbound = "cache",
  compatibilityDate = {date},
  compatibilityFlags = [{flags}],
  bindings = [{bindings}],
{objects});
"""


def _services(service: Service) -> list[str]:
    """What answers for a namespace or a database, and for each visit to it."""
    config = service.config
    kv = sorted({("kv", NAMESPACE_HEADER, one.local_id) for one in config.kv_namespaces})
    d1 = sorted({("d1", DATABASE_HEADER, one.local_id) for one in config.d1_databases})
    r2 = sorted({("r2", BUCKET_HEADER, one.bucket) for one in config.r2_buckets})
    return [_external(f"{kind}:{one}", {header: one}, service) for kind, header, one in kv + d1 + r2] + [
        _external(f"{kind} {visit}:{one}", {header: one, VISIT_HEADER: str(visit)}, service)
        for visit in range(service.visits)
        for kind, header, one in kv + d1
    ]


def _external(name: str, given: Mapping[str, str], service: Service) -> str:
    headers = ", ".join(
        f"(name = {literal(header)}, value = {literal(value)})"
        for header, value in {**given, "Authorization": f"Bearer {service.secret}"}.items()
    )
    return (
        f"    (name = {literal(name)}, external = (address = {literal(service.address)}, "
        f"http = (injectRequestHeaders = [{headers}]))),\n"
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


def kv_binding(name: str, service: str) -> str:
    """A namespace, which that service answers for."""
    return f"(name = {literal(name)}, kvNamespace = {literal(service)})"


def r2_binding(name: str, service: str) -> str:
    """A bucket, which that service answers for."""
    return f"(name = {literal(name)}, r2Bucket = {literal(service)})"


def d1_binding(name: str, service: str) -> str:
    """A database, which that service answers for."""
    return (
        f'(name = {literal(name)}, wrapped = (moduleName = "cloudflare-internal:d1-api", '
        f'innerBindings = [(name = "fetcher", service = {literal(service)})]))'
    )


def _object_bindings(config: WorkerConfig) -> list[str]:
    return [
        f"(name = {literal(one.name)}, durableObjectNamespace = (className = {literal(one.class_name)}))"
        for one in config.durable_objects
    ]


def _disk(service: Service) -> list[str]:
    if service.objects is None or not service.config.durable_objects:
        return []
    path = literal(str(service.objects))
    return [f'    (name = "objects", disk = (path = {path}, writable = true)),\n']


def _objects(service: Service) -> str:
    """The classes of the Worker's objects, which keep what they store where wrangler does."""
    if not _disk(service):
        return ""
    classes = {one.class_name: one for one in service.config.durable_objects}
    listed = ", ".join(
        f"(className = {literal(name)}, uniqueKey = {literal(service.config.unique_key(name))}, "
        f"enableSql = {'true' if one.sqlite else 'false'})"
        for name, one in classes.items()
    )
    return f'  durableObjectNamespaces = [{listed}],\n  durableObjectStorage = (localDisk = "objects"),\n'


def _assets(config: WorkerConfig) -> list[str]:
    binding = None if config.assets is None else config.assets.binding
    return [] if binding is None else [f'(name = {literal(binding)}, service = "assets:1")']


def variables(given: Mapping[str, Any]) -> list[str]:
    """Text stays text; every other value is JSON to the Worker."""
    return [
        f"(name = {literal(name)}, text = {literal(value)})"
        if isinstance(value, str)
        else f"(name = {literal(name)}, json = {literal(json.dumps(value))})"
        for name, value in given.items()
    ]


def literal(value: str) -> str:
    """A Cap'n Proto string: bytes beyond ASCII, quotes and control characters as hexadecimal escapes."""
    plain = (
        chr(byte) if 0x20 <= byte < 0x7F and byte not in b'"\\' else f"\\x{byte:02x}"
        for byte in value.encode()
    )
    return '"' + "".join(plain) + '"'
