"""Values that were read lately, for a store that keeps each in a file of its own."""


class Recent:
    """Small values by the name of their file: about ``size`` bytes together, the oldest leave first.

    Nothing here goes stale: a file is named once and never changed.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._kept = 0
        self._values: dict[str, bytes] = {}

    def get(self, name: str) -> bytes | None:
        return self._values.get(name)

    def add(self, name: str, value: bytes) -> None:
        self.forget(name)
        self._values[name] = value
        self._kept += len(name) + len(value)
        while self._kept > self._size:
            self.forget(next(iter(self._values)))

    def forget(self, name: str) -> None:
        value = self._values.pop(name, None)
        if value is not None:
            self._kept -= len(name) + len(value)
