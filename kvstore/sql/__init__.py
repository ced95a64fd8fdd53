"""SQL once, two drivers: programs that yield statements, and the databases that run them."""
