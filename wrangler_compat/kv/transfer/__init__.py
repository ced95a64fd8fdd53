"""``kv export``, ``import`` and ``copy``: entries go from one place to another, and on after a kill."""
