"""The system under test: Workers that are deployed, and the way to them."""
