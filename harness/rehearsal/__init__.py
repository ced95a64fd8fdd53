"""The rehearsal of a declared migration: its file is read, its walks are simulated, and it is judged."""
