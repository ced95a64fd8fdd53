"""What is said of a simulated migration: the scenario it follows, the record of it, and what was to
become of it.
"""
