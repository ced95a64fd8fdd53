"""Searches: the same rehearsal again and again, with another fault each time."""
