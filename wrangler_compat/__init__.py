"""wrangler_compat: the program ``wrangler-compat``, which shows and changes namespaces and serves Workers."""
