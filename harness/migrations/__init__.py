"""Migrations that come with Understudy, each a declaration on the public names of `harness`."""
