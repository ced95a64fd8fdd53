"""The people of a simulation: who sends requests, from where, and what they do with the answers."""
