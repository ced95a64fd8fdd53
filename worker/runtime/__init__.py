"""worker.runtime: loads a Worker and answers HTTP with it."""

from kvstore.on_demand import names_of

__getattr__, __all__ = names_of(__name__, __file__)
