from typing import Any

from worker.sdk.asgi import entrypoint as entrypoint
from worker.sdk.asgi import fetch as fetch
from worker.sdk.asgi import websocket as websocket

env: Any
