"""Tests of what a GO is worth."""
