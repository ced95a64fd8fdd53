"""Text for people: without passwords, and without what a terminal would obey."""
