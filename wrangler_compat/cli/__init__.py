"""What every command stands on: its arguments, what it prints and asks, and its errors."""
