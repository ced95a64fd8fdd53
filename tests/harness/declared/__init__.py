"""Migrations that somebody declares: what is searched, found and told."""
