"""Every limit of Workers KV, in one table.

Source: the product's limits page (2026-04-21), and Miniflare 4 and 5 as measured.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes, times in seconds."""

    key_size: int = 512
    value_size: int = 25 * 1024 * 1024
    metadata_size: int = 1024
    list_keys: int = 1000
    bulk_get_keys: int = 100
    bulk_get_size: int = 25 * 1024 * 1024
    minimum_ttl: int = 60
    minimum_cache_ttl: int = 30


LIMITS: Final = Limits()
