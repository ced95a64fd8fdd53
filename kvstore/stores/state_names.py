"""Where wrangler's local runtime keeps a namespace: the names of its database and of its value folder.

Measured on Miniflare 4 and 5. ``<root>`` below is ``<persist root>/v3/kv``.
"""

import hashlib
import hmac
import re
from functools import lru_cache
from pathlib import Path
from typing import Final

OBJECT_FOLDER: Final = "miniflare-KVNamespaceObject"

_FORBIDDEN: Final = re.compile("[?<>*\"'^/\\\\:|\x00-\x1f\x80-\x9f]")
_DOTS: Final = re.compile(r"(^|/)(\.+)(/|$)")
_DEVICE: Final = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)
_EDGES: Final = re.compile(r"^[ /]+|[ /]+$")
_MOST_UNITS: Final = 255


@lru_cache(maxsize=256)  # of Durable Objects it is asked at every call
def object_id(namespace: str, unique_key: str = OBJECT_FOLDER) -> str:
    """The 64 hex digits that name the SQLite file of a namespace, or of any Durable Object by its name.

    ``unique_key`` is that of the object's class; the folder of its files has the same name.
    """
    key = hashlib.sha256(unique_key.encode()).digest()
    return signed_id(hmac.digest(key, namespace.encode("utf-8", "surrogatepass"), "sha256")[:16], unique_key)


def signed_id(name: bytes, unique_key: str) -> str:
    """The id whose first half is the 16 bytes ``name``: the second tells which class it belongs to."""
    key = hashlib.sha256(unique_key.encode()).digest()
    return (name + hmac.digest(key, name, "sha256")[:16]).hex()


def blob_folder_name(namespace: str) -> str:
    """The folder of a namespace's values: its id, made safe as a file name.

    Different ids can share a folder (``a/b`` and ``a?b``); that is harmless, since value files have unique
    names.
    """
    name = namespace
    for _ in range(2):
        name = _DOTS.sub(lambda found: found[1] + "_" * len(found[2]) + found[3], name)
    name = _FORBIDDEN.sub("_", name)
    name = re.sub(r"^.*$", "_", name, flags=re.DOTALL) if _DEVICE.fullmatch(name) else name
    name = _EDGES.sub(lambda found: "_" * len(found[0]), name)
    units = name.encode("utf-16-le", "surrogatepass")[: 2 * _MOST_UNITS]
    return units.decode("utf-16-le", "replace")


def state_root(folder: Path, persist_to: str | None = None) -> Path:
    """``<persist root>/v3/kv``; the persist root is ``.wrangler/state``, or ``persist_to``, in ``folder``."""
    return folder / (persist_to or ".wrangler/state") / "v3" / "kv"


def database_path(root: Path, namespace: str) -> Path:
    return root / OBJECT_FOLDER / f"{object_id(namespace)}.sqlite"


def blob_path(root: Path, namespace: str) -> Path:
    """The folder that holds the values of ``namespace``, one file each."""
    return root / blob_folder_name(namespace) / "blobs"
