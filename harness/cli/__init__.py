"""The program ``rehearse``: where it begins, its flags, and its own commands."""
