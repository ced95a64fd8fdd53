"""Who sends requests in a simulation: operators who migrate, readers and clients who go on as always."""
