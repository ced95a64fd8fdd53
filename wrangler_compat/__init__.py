"""wrangler_compat: the program ``wrangler-compat``, which looks into local namespaces and serves Workers."""
