"""Which namespaces a state folder holds."""

from pathlib import Path

from kvstore.stores.state_names import database_path


def namespaces_in(folder: Path) -> list[str]:
    """The ids of the namespaces that were ever written to in ``folder`` (``<persist root>/v3/kv``), sorted.

    A database is named by a hash of the id, and the folder of values by the id itself, made safe as a file
    name; so an id that had to be changed for that (no hexadecimal one) cannot be read back, and is left out.
    """
    named = (values.parent.name for values in folder.glob("*/blobs"))
    return sorted(name for name in named if database_path(folder, name).is_file())
