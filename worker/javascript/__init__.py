"""worker.javascript: runs a JavaScript or TypeScript Worker in the real workerd, its KV bound to ours."""

from kvstore.on_demand import names_of

__getattr__, __all__ = names_of(__name__, __file__)
