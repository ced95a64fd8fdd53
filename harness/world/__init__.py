"""What a simulation takes place in: namespaces as locations see them, Workers, and the way to them."""
