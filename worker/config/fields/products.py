"""The tables of other products, described as wrangler 4.164 checks them.

Nothing here runs most of them; a section that wrangler refuses is refused all the same, and a member that it
does not know is named, so that a mistake is found on this machine.
"""

import re
from typing import Final

from worker.config.fields.checks import Check, text
from worker.config.fields.scope import Scope
from worker.config.fields.tables import REMOTE, Member, Unknown, check_members, entry, may, must, should
from worker.config.javascript import JSON, entries, is_number, is_text, members, shown
from worker.config.model import R2Binding

_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
_BUCKET_FORM: Final = (
    "Bucket names must begin and end with an alphanumeric character, only contain lowercase letters, "
    "numbers, and hyphens, and be between 3 and 63 characters long."
)
_WORKFLOW: Final = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9-_]{0,63}")
_WORKFLOW_FORM: Final = (
    "Workflow names must be 1-64 characters long, start with a letter, number, or underscore, and may only "
    "contain letters, numbers, underscores, or hyphens."
)
_OBJECTS: Final = '"{noun}" bindings should be objects, but got'


def _bindings(noun: str, *described: Member, unknown: Unknown = "named", also: Check | None = None) -> Check:
    return entry(_OBJECTS.format(noun=noun), *described, unknown=unknown, also=also)


def _bucket_names(scope: Scope, path: str, value: JSON) -> None:
    held = members(value)
    for name, gap in (("bucket_name", ""), ("preview_bucket_name", " ")):
        written = held.get(name)
        if (
            is_text(held.get("binding"))
            and written
            and is_text(written)
            and not _BUCKET.fullmatch(str(written))
        ):
            scope.error(f"{path}.{name}={gap}{shown(written)} is invalid. {_BUCKET_FORM}")


def _workflow_name(scope: Scope, path: str, value: JSON) -> None:
    name = members(value).get("name")
    if is_text(name) and not _WORKFLOW.fullmatch(str(name)):
        scope.error(f'"{path}" binding "name" field is invalid. {_WORKFLOW_FORM}')


def _one_address(scope: Scope, path: str, value: JSON) -> None:
    both = ("destination_address", "allowed_destination_addresses")
    if all(name in members(value) for name in both):
        scope.error(f'"{path}" bindings should have either a "{both[0]}" or "{both[1]}" field, but not both.')


def _one_network(scope: Scope, path: str, value: JSON) -> None:
    held = members(value)
    named = [name for name in ("tunnel_id", "network_id") if name in held]
    either = f'"{path}" bindings must have either a "tunnel_id" or "network_id"'
    if len(named) == 2:
        scope.error(f"{either}, but not both.")
    elif not named:
        scope.error(f"{either} field but got {shown(value)}.")
    elif not is_text(held[named[0]]):
        scope.error(f'"{path}" bindings must have a string "{named[0]}" field but got {shown(value)}.')


def _stream(scope: Scope, path: str, value: JSON) -> None:
    held = members(value)
    if held.get("stream") and is_text(held["stream"]):
        return
    if held.get("pipeline") and is_text(held["pipeline"]):
        scope.warn(f'The "pipeline" field in "{path}" bindings is deprecated. Use "stream" instead.')
    else:
        scope.error(f'"{path}" bindings must have a string "stream" field but got {shown(value)}.')


def _rate(scope: Scope, path: str, value: JSON) -> None:
    simple = members(value).get("simple")
    if not isinstance(simple, dict | list):
        scope.error(f'"{path}" bindings must have a "simple" configuration object but got {shown(value)}.')
        return
    held = members(simple)
    wrong = [name for name in ("limit", "period") if not is_number(held.get(name))]
    for name in wrong:
        demand = "must be a number" if name == "limit" else "is required and must be a number"
        scope.error(f'"{path}" bindings "simple.{name}" {demand} but got {shown(simple)}.')
    if "period" not in wrong and held["period"] not in (10, 60):
        period = shown(held["period"])
        scope.error(f'"{path}" bindings "simple.period" must be either 10 or 60 but got {period}.')
    scope.warn_unexpected(f"{path}.simple", simple, frozenset({"limit", "period"}))


def _outbound(scope: Scope, path: str, value: JSON) -> None:
    outbound = members(value).get("outbound")
    if "outbound" not in members(value):
        return
    before = len(scope.diagnostics.errors)
    if outbound is not None and not isinstance(outbound, dict | list):
        scope.error(f'"{path}.outbound" should be an object, but got {shown(outbound)}')
    else:
        check_members(scope, f"{path}.outbound", members(outbound), {"service": text}, ("service",))
    if len(scope.diagnostics.errors) > before:
        scope.error(f'"{path}" has an invalid outbound definition.')


# Field → what is checked of each of its bindings.
BINDINGS: Final[dict[str, Check]] = {
    "workflows": _bindings(
        "workflows",
        *(should("binding"), should("name"), should("class_name"), may("script_name")),
        *map(Member, ("limits", "concurrency", "schedules", "default_retention", "jurisdiction")),
        also=_workflow_name,
    ),
    "send_email": _bindings(
        "send_email",
        *(should("name"), Member("binding"), may("destination_address")),
        *(
            Member(name, f'bindings should, optionally, have a []string "{name}"', "object", also=also)
            for name, also in (
                ("allowed_destination_addresses", None),
                ("allowed_sender_addresses", _one_address),
            )
        ),
        REMOTE,
    ),
    "r2_buckets": _bindings(
        "r2_buckets",
        should("binding"),
        Member("bucket_name", 'bindings should have a string "bucket_name"', filled=True),
        *(may("preview_bucket_name"), may("jurisdiction"), REMOTE, Member("local_dev")),
        also=_bucket_names,
    ),
    "vectorize": _bindings("vectorize", should("binding"), must("index_name", "an"), REMOTE),
    "ai_search_namespaces": _bindings(
        "ai_search_namespaces", should("binding"), must("namespace", "a"), REMOTE
    ),
    "ai_search": _bindings("ai_search", should("binding"), must("instance_name", "an"), REMOTE),
    "agent_memory": _bindings("agent_memory", should("binding"), must("namespace", "a"), REMOTE),
    "hyperdrive": _bindings(
        "hyperdrive", should("binding"), must("id", "a"), Member("localConnectionString"), REMOTE
    ),
    "services": _bindings(
        "services",
        *(should("binding"), should("service")),
        *(Member(name, f'bindings should have a string "{name}"') for name in ("environment", "entrypoint")),
        REMOTE,
        unknown="ignored",
    ),
    "analytics_engine_datasets": _bindings(
        "analytics_engine",
        *(should("binding"), REMOTE),
        Member("dataset", 'bindings should, optionally, have a string "dataset"', filled=True),
    ),
    "dispatch_namespaces": entry(
        '"{path}" binding should be objects, but got',
        Member("binding", 'should have a string "binding"', required=True),
        Member("namespace", 'should optionally have a string "namespace"'),
        REMOTE,
        unknown="ignored",
        also=_outbound,
    ),
    "mtls_certificates": _bindings(
        "mtls_certificates", should("binding"), should("certificate_id", filled=True), REMOTE
    ),
    "pipelines": _bindings(
        "pipeline", must("binding"), REMOTE, Member("stream"), Member("pipeline"), also=_stream
    ),
    "secrets_store_secrets": _bindings(
        "secrets_store_secrets", must("binding"), must("store_id"), must("secret_name")
    ),
    "artifacts": _bindings("artifacts", must("binding"), must("namespace"), REMOTE),
    "unsafe_hello_world": _bindings(
        "unsafe_hello_world",
        must("binding"),
        Member("enable_timer", 'bindings must have a boolean "enable_timer"', "boolean"),
    ),
    "flagship": _bindings(
        "flagship", must("binding"), Member("app_id", 'bindings may have a string "app_id"'), REMOTE
    ),
    "worker_loaders": _bindings("worker_loader", must("binding")),
    "ratelimits": _bindings("ratelimits", must("name"), must("namespace_id"), Member("simple"), also=_rate),
    "vpc_services": _bindings("vpc_services", should("binding"), must("service_id", "a"), Member("remote")),
    "vpc_networks": _bindings(
        "vpc_networks",
        *(should("binding"), Member("tunnel_id"), Member("network_id"), Member("remote")),
        also=_one_network,
    ),
}


def _has_binding(scope: Scope, field: str, value: JSON) -> None:
    """What a product with one binding of its own is checked for: ``[ai]``, ``[browser]``, …"""
    if not isinstance(value, dict):
        scope.error(f'The field "{scope.path(field)}" should be an object but got {shown(value)}.')
        return
    if not is_text(value.get("binding")):
        scope.error('binding should have a string "binding" field.')
    if not REMOTE.is_right(value):
        scope.error(f'"{field}" {REMOTE.says} field but got {shown(value)}.')


def single_binding(scope: Scope, field: str, value: JSON) -> None:
    """As `open_binding`, with no other members."""
    _has_binding(scope, field, value)
    if isinstance(value, dict):
        scope.warn_unexpected(field, value, frozenset({"binding", "remote"}))


open_binding: Final[Check] = _has_binding


def r2_buckets(fields: dict[str, JSON]) -> tuple[R2Binding, ...]:
    """The buckets of a configuration that passed its checks."""
    return tuple(map(_r2_bucket, entries(fields, "r2_buckets")))


def _r2_bucket(entry: dict[str, JSON]) -> R2Binding:
    chosen = entry.get("preview_bucket_name") or entry.get("bucket_name") or entry["binding"]
    return R2Binding(str(entry["binding"]), str(chosen))
