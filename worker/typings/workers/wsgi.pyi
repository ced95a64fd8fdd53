from worker.sdk.wsgi import fetch as fetch
