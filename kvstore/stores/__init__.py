"""What holds entries: in memory, in one SQLite table, in wrangler's folder."""
