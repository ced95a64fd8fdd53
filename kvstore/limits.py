"""Every limit of Workers KV. Their numbers and where they are from: `kvstore.figures`."""

from dataclasses import dataclass
from typing import Final

from kvstore.figures import whole


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes, times in seconds."""

    key_size: int = whole("kv.key_size")
    value_size: int = whole("kv.value_size")
    metadata_size: int = whole("kv.metadata_size")
    list_keys: int = whole("kv.list_keys")
    bulk_get_keys: int = whole("kv.bulk_get_keys")
    bulk_get_size: int = whole("kv.bulk_get_size")
    minimum_ttl: int = whole("kv.minimum_ttl")
    minimum_cache_ttl: int = whole("kv.minimum_cache_ttl")


LIMITS: Final = Limits()
