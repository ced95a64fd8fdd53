"""The queue's rehearsal: its Worker is tried first, then a walk is judged, then a crash at each operation."""
