"""Searches: the same rehearsal again and again, with another mishap each time."""
