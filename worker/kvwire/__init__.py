"""worker.kvwire: namespaces for a real workerd, in the HTTP that its KV binding speaks.

In a workerd configuration the binding ``kvNamespace`` names a service; this is that service. Which namespace
a request means is said by the header X-KV-Namespace, which workerd adds (``injectRequestHeaders``).
"""

from kvstore.on_demand import names_of

__getattr__, __all__ = names_of(__name__, __file__)
