"""Claims: a task is handed out under a lease, given back, and repaired when its lease is over."""
