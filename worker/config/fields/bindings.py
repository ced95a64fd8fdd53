"""Checks of bindings, KV namespaces above all, and the rule that no two bindings share a name."""

from collections.abc import Iterable
from typing import Final

from worker.config.diagnostics import Diagnostics, english_list
from worker.config.fields.checks import Check
from worker.config.fields.scope import Scope
from worker.config.fields.tables import REMOTE, Member, entry, may, should
from worker.config.javascript import JSON, entries, is_text, members, shown, text_of
from worker.config.model import KVBinding, ServiceBinding

# Field → what messages call its bindings; a message lists several kinds in this order.
KINDS: Final = {
    "data_blobs": "Data Blob",
    "durable_objects": "Durable Object",
    "kv_namespaces": "KV Namespace",
    "send_email": "Send Email",
    "queues": "Queue",
    "d1_databases": "D1 Database",
    "vectorize": "Vectorize Index",
    "ai_search_namespaces": "AI Search Namespace",
    "ai_search": "AI Search Instance",
    "agent_memory": "Agent Memory",
    "hyperdrive": "Hyperdrive Config",
    "r2_buckets": "R2 Bucket",
    "logfwdr": "logfwdr",
    "services": "Worker",
    "analytics_engine_datasets": "Analytics Engine Dataset",
    "text_blobs": "Text Blob",
    "browser": "Browser Run",
    "analytics": "Analytics SQL",
    "ai": "AI",
    "images": "Images",
    "stream": "Stream",
    "media": "Media",
    "version_metadata": "Worker Version Metadata",
    "unsafe": "Unsafe Metadata",
    "vars": "Environment Variable",
    "wasm_modules": "Wasm Module",
    "dispatch_namespaces": "Dispatch Namespace",
    "mtls_certificates": "mTLS Certificate",
    "workflows": "Workflow",
    "pipelines": "Pipeline",
    "secrets_store_secrets": "Secrets Store Secret",
    "artifacts": "Artifacts",
    "ratelimits": "Rate Limit",
    "assets": "Assets",
    "unsafe_hello_world": "Hello World",
    "flagship": "Flagship",
    "worker_loaders": "Worker Loader",
    "vpc_services": "VPC Service",
    "vpc_networks": "VPC Network",
}
# What a Worker gets everywhere here; all other kinds are named where it is started, and when it asks for one.
_EMULATED: Final = frozenset({"kv_namespaces", "durable_objects", "d1_databases", "vars", "assets"})
_NAMED_BY_MEMBER: Final = frozenset({"data_blobs", "text_blobs", "wasm_modules"})
VARIABLE: Final = KINDS["vars"]
SECRET: Final = "Secret"


def kv_namespaces(fields: dict[str, JSON]) -> tuple[KVBinding, ...]:
    """The KV namespaces of a configuration that passed its checks."""
    return tuple(
        KVBinding(
            str(one["binding"]), text_of(one, "id"), text_of(one, "preview_id"), one.get("remote") is True
        )
        for one in entries(fields, "kv_namespaces")
    )


def services(fields: dict[str, JSON]) -> tuple[ServiceBinding, ...]:
    """The service bindings of a configuration that passed its checks."""
    return tuple(map(_service, entries(fields, "services")))


def _service(entry: dict[str, JSON]) -> ServiceBinding:
    entrypoint = entry.get("entrypoint")
    named = None if entrypoint in (None, "", "default") else str(entrypoint)
    return ServiceBinding(str(entry["binding"]), str(entry["service"]), named)


def binding_array(check_entry: Check) -> Check:
    """A check for a field that is a list of bindings; ``check_entry`` checks one of them."""

    def check(scope: Scope, field: str, value: JSON) -> None:
        path = scope.path(field)
        if not isinstance(value, list):
            scope.error(f'The field "{path}" should be an array but got {shown(value)}.')
            return
        for index, one in enumerate(value):
            check_entry(scope, f"{path}[{index}]", one)
        here = _binding_names(value)
        for name in _binding_names(scope.top.get(field)):
            if name not in here:
                _warn_missing(scope, field, name)

    return check


def _warn_missing(scope: Scope, field: str, name: str) -> None:
    scope.warn(
        f'There is a {field} binding with name "{name}" at the top level, but not on "env.{scope.name}".\n'
        f'This is not what you probably want, since "{field}" configuration is not inherited by'
        f" environments.\n"
        f'Please add a binding for "{name}" to "env.{scope.name}.{field}.bindings".'
    )


def _binding_names(value: JSON) -> list[str]:
    entries = value if isinstance(value, list) else []
    return [str(one["binding"]) for one in entries if isinstance(one, dict) and is_text(one.get("binding"))]


kv_namespace: Final = entry(
    '"kv_namespaces" bindings should be objects, but got',
    should("binding"),
    Member("id", 'bindings should have a string "id"', filled=True),
    may("preview_id"),
    REMOTE,
)


def kinds_by_name(fields: dict[str, JSON]) -> dict[str, list[str]]:
    """Every binding's name with the kinds of binding that claim it, one entry for each claim."""
    claims: dict[str, list[str]] = {}
    for field, kind in KINDS.items():
        value = fields.get(field)
        if field == "queues":
            value = members(value).get("producers")
        for name in _claimed_names(value):
            claims.setdefault(name, []).append(kind)
    required = members(fields.get("secrets")).get("required")
    for secret in members(required).values():
        claims.setdefault(str(secret), []).append(SECRET)
    return claims


def not_emulated(fields: dict[str, JSON]) -> dict[str, str]:
    """The configured bindings that a Worker does not get here, by name, each with its kind."""
    found: dict[str, str] = {}
    for field in KINDS.keys() - _EMULATED:
        value = members(fields.get(field))
        if field in _NAMED_BY_MEMBER:
            found |= dict.fromkeys(value, KINDS[field])
            continue
        listed = members(value.get("producers" if field == "queues" else "bindings"))
        for one in (value, *value.values(), *listed.values()):
            name = members(one).get("binding", members(one).get("name"))
            if is_text(name):
                found[str(name)] = KINDS[field]
    return dict(sorted(found.items()))


def _claimed_names(value: JSON) -> Iterable[str]:
    """Names that a field claims, whatever its form: ``{bindings: [{name}]}``, ``[{binding}]``, ``{binding}``
    or an object whose members are the names. Anything else claims none, as in wrangler.
    """
    if isinstance(value, list):
        names = _binding_names(value)
        return names if len(names) == len(value) else ()
    if not isinstance(value, dict):
        return ()
    if "binding" in value:
        return (str(value["binding"]),)
    listed = value.get("bindings")
    if isinstance(listed, list) and all(is_text(members(entry).get("name")) for entry in listed):
        return [str(members(entry)["name"]) for entry in listed]
    return value


def check_unique_names(diagnostics: Diagnostics, claims: dict[str, list[str]]) -> None:
    shared = {name: kinds for name, kinds in claims.items() if len(kinds) > 1}
    for name, kinds in shared.items():
        distinct = list(dict.fromkeys(kinds))
        if len(distinct) > 1:
            diagnostics.errors.append(f"{name} assigned to {english_list(distinct)} bindings.")
        for kind in distinct:
            if kinds.count(kind) > 1:
                diagnostics.errors.append(f"{name} assigned to multiple {kind} bindings.")
    if shared:
        diagnostics.errors.append(
            "Bindings must have unique names, so that they can all be referenced in the worker.\n"
            "Please change your bindings to have unique names."
        )
