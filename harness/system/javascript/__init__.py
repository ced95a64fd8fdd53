"""A JavaScript Worker under test: in the real workerd, its time, chance and KV held by the simulation."""
