from worker.sdk.gateways.wsgi import entrypoint as entrypoint
from worker.sdk.gateways.wsgi import fetch as fetch
