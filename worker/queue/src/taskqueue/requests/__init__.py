"""What every request goes through: who may call, how often, what a body may hold, and how it is answered."""
