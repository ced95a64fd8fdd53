"""Every field of a configuration: whether an environment inherits it, and what is checked of it.

The order is the one in which wrangler 4.86 looks at the fields, and so the order of its messages. Fields that
mean nothing to an emulator of Workers and KV are known, so that they are not reported as unexpected, and
inherit or not; their content is not checked.
"""

from dataclasses import dataclass
from typing import Final

from worker.config import checks, durable_objects
from worker.config.bindings import binding_array, kv_namespace
from worker.config.checks import Check, anything
from worker.config.d1_databases import d1_database


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


FIELDS: Final = (
    *_inherited(anything, "route"),
    *_inherited(checks.text, "account_id"),
    *_inherited(anything, "routes"),
    *_inherited(checks.boolean, "workers_dev", "preview_urls"),
    *_inherited(anything, "build"),
    *_inherited(checks.compatibility_date, "compatibility_date"),
    *_inherited(checks.texts, "compatibility_flags"),
    *_inherited(checks.text, "jsx_factory", "jsx_fragment"),
    *_inherited(anything, "tsconfig", "rules"),
    *_inherited(checks.worker_name, "name"),
    *_inherited(checks.text, "main"),
    *_inherited(checks.boolean, "find_additional_modules", "preserve_file_names"),
    *_inherited(checks.text, "base_dir"),
    *_inherited(checks.triggers, "triggers"),
    *_inherited(anything, "assets", "limits", "placement"),
    *_own(checks.variables, "vars"),
    *_own(checks.secrets, "secrets"),
    *_own(checks.defines, "define"),
    *_own(durable_objects.bindings, "durable_objects"),
    *_own(binding_array(), "workflows"),
    *_inherited(durable_objects.migrations, "migrations"),
    *_own(binding_array(kv_namespace), "kv_namespaces"),
    *_own(anything, "cloudchamber", "containers"),
    *_own(binding_array(), "send_email"),
    *_own(anything, "queues"),
    *_own(binding_array(), "r2_buckets"),
    *_own(binding_array(d1_database), "d1_databases"),
    *_own(binding_array(), "vectorize"),
    *_own(binding_array(), "ai_search_namespaces", "ai_search", "hyperdrive", "services"),
    *_own(binding_array(), "analytics_engine_datasets", "dispatch_namespaces", "mtls_certificates"),
    *_own(anything, "tail_consumers", "streaming_tail_consumers", "unsafe"),
    *_own(anything, "browser", "ai", "images", "stream", "media"),
    *_own(binding_array(), "pipelines", "secrets_store_secrets", "artifacts", "unsafe_hello_world"),
    *_own(binding_array(), "flagship", "worker_loaders", "ratelimits", "vpc_services", "vpc_networks"),
    *_own(anything, "version_metadata"),
    *_inherited(anything, "logfwdr"),
    *_inherited(checks.boolean, "no_bundle", "minify", "keep_names", "first_party_worker"),
    *_inherited(checks.boolean, "logpush", "upload_source_maps"),
    *_inherited(anything, "observability", "cache", "compliance_region", "python_modules", "previews"),
)

# Fields that only the top level has, and the members of its ``dev``.
TOP_CHECKS: Final[tuple[tuple[str, Check], ...]] = (
    ("legacy_env", checks.boolean),
    ("send_metrics", checks.boolean),
    ("keep_vars", checks.boolean),
    ("pages_build_output_dir", checks.text),
    ("$schema", checks.text),
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

EXPERIMENTAL_FIELDS: Final = ("unsafe", "secrets")
MODULE_FIELDS: Final = ("wasm_modules", "text_blobs", "data_blobs")

DEV_FIELDS: Final = frozenset(name for name, _ in DEV_CHECKS)
ENVIRONMENT_FIELDS: Final = frozenset(field.name for field in FIELDS)
TOP_FIELDS: Final = ENVIRONMENT_FIELDS.union(
    (name for name, _ in TOP_CHECKS),
    MODULE_FIELDS,
    ("env", "dev", "site", "alias"),
    # Members of wrangler's own result, which it therefore does not find unexpected.
    ("configPath", "userConfigPath", "topLevelName", "definedEnvironments", "targetEnvironment"),
)
