"""The migration walked over a real port, step by step, as the guide has it, and what is judged of that."""
