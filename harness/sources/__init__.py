"""Where a rehearsal takes its entries from: local state, a file, an account. Nothing is written there."""
