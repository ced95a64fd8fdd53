"""What migrations of a Redis keyspace stand on: read in pieces, proved frozen, backed up, journalled."""
