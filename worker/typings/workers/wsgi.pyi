from worker.sdk.wsgi import entrypoint as entrypoint
from worker.sdk.wsgi import fetch as fetch
