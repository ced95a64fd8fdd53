"""``workers.asgi``, ``workers.wsgi`` and what they share: frameworks for web applications in a Worker."""
