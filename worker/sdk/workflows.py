"""``workers.workflows``: the error that ends a step without another try."""


class NonRetryableError(Exception):
    """A step of a Workflow failed in a way that trying again cannot mend."""

    __module__ = "workers.workflows"
