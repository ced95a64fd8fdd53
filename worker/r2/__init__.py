"""worker.r2: R2, objects in wrangler's own state folder behind the binding of a Worker.

The public names are in ``__init__.pyi``; each is imported when it is first asked for.
"""

from kvstore.on_demand import names_of

__getattr__, __all__ = names_of(__name__, __file__)
