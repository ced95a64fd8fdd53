"""Simulations of the queue: what is in them, who takes part, and their records."""
