"""Mistakes in Python: where they can be made, and what a run of the Worker tells of many at once"""
