"""The migrations that can be rehearsed, one module each."""
