"""kvstore: what ``env.CACHE`` is.

The binding (KVNamespace), the stores that hold entries, and copies of namespaces that others made. No HTTP,
no command line. Errors: kvstore.errors.

Names are imported when they are first asked for: a command that lists keys loads no server and no event log.
"""

from kvstore.on_demand import names_of

__getattr__, __all__ = names_of(__name__, __file__)
