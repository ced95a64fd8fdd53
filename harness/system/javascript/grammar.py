"""The syntax of JavaScript and TypeScript, as tree-sitter reads it."""

from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tree_sitter import Language, Node

# How to get what reads it.
INSTALL: Final = "python -m pip install 'understudy-kv[lint]'"
# What is not carried out.
NOT_CARRIED_OUT: Final = frozenset((
    "type_annotation", "type_arguments", "type_parameters", "interface_declaration",
    "type_alias_declaration", "comment", "import_statement", "ambient_declaration",
    "enum_declaration", "function_signature", "accessibility_modifier", "type_predicate_annotation",
    "asserts_annotation", "method_signature", "abstract_method_signature", "index_signature",
    "implements_clause",
))  # fmt: skip
FUNCTIONS: Final = frozenset((
    "function_declaration", "function_expression", "arrow_function", "method_definition",
    "generator_function", "generator_function_declaration",
))  # fmt: skip


def parsed(source: bytes, suffix: str) -> "Node":
    """The root of a file's tree; invalid syntax is an error in it.

    Raises ImportError where tree-sitter is missing.
    """
    from tree_sitter import Parser

    return Parser(_language(suffix in (".ts", ".mts", ".cts"))).parse(source).root_node


def first_error(node: "Node") -> int | None:
    """The line of the first syntax error."""
    while node.has_error and not (node.is_error or node.is_missing):
        node = next(one for one in node.children if one.has_error or one.is_missing)
    return line_of(node) if node.is_error or node.is_missing else None


def text_of(node: "Node | None") -> str:
    """What is written for a node; empty for none."""
    return "" if node is None or node.text is None else node.text.decode("utf-8", "replace")


def line_of(node: "Node") -> int:
    """The line where a node begins, from 1."""
    return node.start_point[0] + 1


@cache
def _language(is_typescript: bool) -> "Language":
    import tree_sitter_typescript
    from tree_sitter import Language

    # The grammar of TSX reads JavaScript too; only `<T>value` is plain TypeScript's.
    grammars = tree_sitter_typescript
    return Language(grammars.language_typescript() if is_typescript else grammars.language_tsx())
