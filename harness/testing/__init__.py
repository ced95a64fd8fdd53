"""A Worker in somebody's test: deployed from its configuration, in memory, in time that the test moves."""
