"""harness: rehearses migrations, searches for what breaks them, and says go or no-go.

What somebody needs who declares a migration of their own, or brings one with a simulation and a command of
its own, is in ``__init__.pyi``, by name. A name is imported when it is first asked for, so that the program
can hear a signal before anything else is loaded.
"""

from kvstore.on_demand import names_of

__getattr__, __all__ = names_of(__name__, __file__)
