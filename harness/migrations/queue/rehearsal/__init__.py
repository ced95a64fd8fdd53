"""The queue's rehearsal: the Worker is tried first, then a walk is judged, then a crash at every operation."""
