"""What a JavaScript value is here, and JSON as JavaScript reads and writes it."""
