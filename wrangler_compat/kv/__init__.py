"""``kv``: keys, bulk files, namespaces, diff, and the server of local namespaces."""
