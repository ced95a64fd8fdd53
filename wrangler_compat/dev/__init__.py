"""``dev``: a Worker on a local port, served anew when a file changes."""
