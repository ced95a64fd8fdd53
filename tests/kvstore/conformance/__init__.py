"""One suite for every way to the binding: its rules, verb by verb, with the product's exact texts."""
