"""Is no Python."""

def fetch(:
