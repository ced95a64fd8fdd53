"""harness: the program ``rehearse``, which walks a migration on a copy of a namespace and judges it."""
