"""JavaScript's null as Python sees it: not None, which stands for undefined."""

from typing import Final, final


@final
class JsNull:
    """The type of `jsnull`: false, and equal only to itself."""

    __module__ = "pyodide.ffi"

    def __repr__(self) -> str:
        return "jsnull"

    def __bool__(self) -> bool:
        return False


jsnull: Final = JsNull()
