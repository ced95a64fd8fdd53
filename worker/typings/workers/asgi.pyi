from typing import Any

from worker.sdk.gateways.asgi import entrypoint as entrypoint
from worker.sdk.gateways.asgi import fetch as fetch
from worker.sdk.gateways.asgi import websocket as websocket

env: Any
