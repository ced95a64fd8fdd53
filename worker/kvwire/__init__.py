"""worker.kvwire: namespaces for a real workerd, in the HTTP that its KV binding speaks.

In a workerd configuration the binding ``kvNamespace`` names a service; this is that service. Which namespace
a request means is said by the header X-KV-Namespace, which workerd adds (``injectRequestHeaders``).
"""

from worker.kvwire.app import NAMESPACE_HEADER, create_kv_app
from worker.kvwire.operations import Asked, Told, answer, failed, refused
from worker.kvwire.state_folder import StateFolder
from worker.kvwire.status_text import StatusTextProtocol

__all__ = [
    "NAMESPACE_HEADER",
    "Asked",
    "StateFolder",
    "StatusTextProtocol",
    "Told",
    "answer",
    "create_kv_app",
    "failed",
    "refused",
]
