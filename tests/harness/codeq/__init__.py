"""Tests of the migration to codeQ."""
