"""Simulated time, chance, and what happens when: a loop that jumps, and whose operation is next."""
