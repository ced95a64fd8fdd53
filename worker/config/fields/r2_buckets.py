"""R2 buckets in a configuration: ``[[r2_buckets]]``; `worker.config.fields.products` has their checks."""

from worker.config.javascript import JSON, entries
from worker.config.model import R2Binding


def r2_buckets(fields: dict[str, JSON]) -> tuple[R2Binding, ...]:
    """The buckets of a configuration that passed its checks."""
    return tuple(map(_r2_bucket, entries(fields, "r2_buckets")))


def _r2_bucket(entry: dict[str, JSON]) -> R2Binding:
    chosen = entry.get("preview_bucket_name") or entry.get("bucket_name") or entry["binding"]
    return R2Binding(str(entry["binding"]), str(chosen))
