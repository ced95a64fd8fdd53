"""R2 buckets in a configuration: ``[[r2_buckets]]``; `worker.config.fields.products` has their checks."""

from worker.config.javascript import JSON, members
from worker.config.model import R2Binding


def r2_buckets(fields: dict[str, JSON]) -> tuple[R2Binding, ...]:
    """The buckets of a configuration that passed its checks."""
    return tuple(_r2_bucket(members(entry)) for entry in members(fields.get("r2_buckets")).values())


def _r2_bucket(entry: dict[str, JSON]) -> R2Binding:
    chosen = entry.get("preview_bucket_name") or entry.get("bucket_name") or entry["binding"]
    return R2Binding(str(entry["binding"]), str(chosen))
