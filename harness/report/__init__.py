"""Reports: one document of a rehearsal or of a run, and everything that is written from it."""
