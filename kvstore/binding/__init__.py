"""The binding: argument forms, conversions, and the errors of the Worker's side."""
