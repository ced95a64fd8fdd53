"""Every field of a configuration: whether an environment inherits it, and what is checked of it.

The order is the one in which wrangler checks the fields, and so the order of its messages. The tables of
products that nothing here runs are described in products.py and sections.py.
"""

from dataclasses import dataclass
from typing import Final

from worker.config.fields import checks, durable_objects, products, queues, sections
from worker.config.fields.bindings import binding_array, kv_namespace
from worker.config.fields.checks import Check, anything
from worker.config.fields.d1_databases import d1_database
from worker.config.fields.scope import Scope

_FROM_TOP: Final = {
    "legacy_env": (
        'The "legacy_env" field is no longer supported, so please remove it from your configuration file.\n'
        "Service environments have been removed, and each environment is now deployed as its own Worker "
        'named "<name>-<environment>". This matches the behaviour of "legacy_env = true", which was the '
        "default, so removing the field will not change how your Worker is deployed.\n"
        "Refer to https://developers.cloudflare.com/workers/wrangler/environments/ for more information."
    ),
}
_ANYWHERE: Final = {
    "node_compat": (
        'Removed: "node_compat":\n'
        'The "node_compat" field is no longer supported as of Wrangler v4. Instead, use the `nodejs_compat` '
        "compatibility flag. This includes the functionality from legacy `node_compat` polyfills and "
        "natively implemented Node.js APIs. See "
        "https://developers.cloudflare.com/workers/runtime-apis/nodejs for more information."
    ),
}
REMOVED: Final = frozenset(_ANYWHERE)
REMOVED_FROM_TOP: Final = REMOVED.union(_FROM_TOP)


def refuse_removed(scope: Scope) -> None:
    """An error for each of them at this level."""
    removed = {**_FROM_TOP, **_ANYWHERE} if scope.name is None else _ANYWHERE
    for name, advice in removed.items():
        if name in scope.raw:
            scope.error(advice)


@dataclass(frozen=True, slots=True)
class Field:
    """A field of one level; one that is not ``inherited`` is absent from an environment without its own."""

    name: str
    inherited: bool
    check: Check = anything


def _inherited(check: Check, *names: str) -> list[Field]:
    return [Field(name, True, check) for name in names]


def _own(check: Check, *names: str) -> list[Field]:
    return [Field(name, False, check) for name in names]


def _arrays(*names: str) -> list[Field]:
    return [Field(name, False, binding_array(products.BINDINGS[name])) for name in names]


FIELDS: Final = (
    *_inherited(sections.route, "route"),
    *_inherited(checks.text, "account_id"),
    *_inherited(sections.routes, "routes"),
    *_inherited(checks.boolean, "workers_dev", "preview_urls"),
    *_inherited(sections.build, "build"),
    *_inherited(checks.compatibility_date, "compatibility_date"),
    *_inherited(checks.texts, "compatibility_flags"),
    *_inherited(checks.text, "jsx_factory", "jsx_fragment", "tsconfig"),
    *_inherited(sections.rules, "rules"),
    *_inherited(checks.worker_name, "name"),
    *_inherited(checks.text, "main"),
    *_inherited(checks.boolean, "find_additional_modules", "preserve_file_names"),
    *_inherited(checks.text, "base_dir"),
    *_inherited(checks.triggers, "triggers"),
    *_inherited(sections.assets, "assets"),
    *_inherited(sections.limits, "limits"),
    *_inherited(sections.placement, "placement"),
    *_own(checks.variables, "vars"),
    *_own(checks.secrets, "secrets"),
    *_own(checks.defines, "define"),
    *_own(durable_objects.bindings, "durable_objects"),
    *_arrays("workflows"),
    *_inherited(durable_objects.migrations, "migrations"),
    *_inherited(anything, "exports"),
    *_own(binding_array(kv_namespace), "kv_namespaces"),
    *_own(anything, "cloudchamber", "containers"),
    *_arrays("send_email"),
    *_own(queues.queues, "queues"),
    *_own(anything, "connect"),
    *_arrays("r2_buckets"),
    *_own(binding_array(d1_database), "d1_databases"),
    *_arrays("vectorize", "ai_search_namespaces", "ai_search", "agent_memory", "hyperdrive", "services"),
    *_arrays("analytics_engine_datasets", "dispatch_namespaces", "mtls_certificates"),
    *_own(sections.tail_consumers, "tail_consumers", "streaming_tail_consumers"),
    *_own(anything, "unsafe"),
    *_own(products.single_binding, "browser", "analytics"),
    *_own(products.open_binding, "ai"),
    *_own(products.single_binding, "images", "stream", "media"),
    *_arrays("pipelines", "secrets_store_secrets", "artifacts", "unsafe_hello_world"),
    *_arrays("flagship", "worker_loaders", "ratelimits", "vpc_services", "vpc_networks"),
    *_own(products.open_binding, "version_metadata"),
    *_inherited(anything, "logfwdr"),
    *_inherited(checks.boolean, "no_bundle", "minify", "keep_names", "first_party_worker"),
    *_inherited(checks.boolean, "logpush", "upload_source_maps"),
    *_inherited(sections.observability, "observability"),
    *_inherited(anything, "access"),
    *_inherited(sections.cache, "cache"),
    *_inherited(sections.compliance_region, "compliance_region"),
    *_inherited(sections.python_modules, "python_modules"),
    *_inherited(anything, "previews"),
)

MODULE_FIELDS: Final = ("wasm_modules", "text_blobs", "data_blobs")

# Fields that only the top level has, and the members of its ``dev``.
TOP_CHECKS: Final[tuple[tuple[str, Check], ...]] = (
    ("send_metrics", checks.boolean),
    ("keep_vars", checks.boolean),
    ("pages_build_output_dir", checks.text),
    ("$schema", checks.text),
    ("site", sections.site),
    ("alias", sections.alias),
    *((name, sections.module_paths) for name in MODULE_FIELDS),
)
DEV_CHECKS: Final[tuple[tuple[str, Check], ...]] = (
    ("ip", checks.text),
    ("port", checks.number),
    ("inspector_port", checks.number),
    ("inspector_ip", checks.text),
    ("local_protocol", checks.protocol),
    ("upstream_protocol", checks.protocol),
    ("host", checks.text),
    ("enable_containers", checks.boolean),
    ("container_engine", checks.text),
    ("generate_types", checks.boolean),
)

EXPERIMENTAL_FIELDS: Final = ("unsafe",)

DEV_FIELDS: Final = frozenset(name for name, _ in DEV_CHECKS)
ENVIRONMENT_FIELDS: Final = frozenset(field.name for field in FIELDS) | REMOVED
TOP_FIELDS: Final = ENVIRONMENT_FIELDS.union(
    (name for name, _ in TOP_CHECKS),
    ("env", "dev", "dependencies_instrumentation"),
    REMOVED_FROM_TOP,  # refused with a text of their own
    # Members of wrangler's own result, which it therefore does not find unexpected.
    ("configPath", "userConfigPath", "topLevelName", "definedEnvironments", "targetEnvironment"),
)
