"""Reads JavaScript and TypeScript, with the grammar of tree-sitter."""

from typing import TYPE_CHECKING, Final

from harness.lint.code import tree
from harness.lint.code.tree import Node
from harness.system.javascript.grammar import (
    FUNCTIONS,
    NOT_CARRIED_OUT,
    first_error,
    line_of,
    parsed,
    text_of,
)

if TYPE_CHECKING:
    from tree_sitter import Node as Syntax

# What is carried out as what it holds.
_THROUGH: Final = frozenset((
    "await_expression", "parenthesized_expression", "as_expression", "satisfies_expression",
    "non_null_expression", "expression_statement", "export_statement", "type_assertion",
    "computed_property_name", "instantiation_expression",
))  # fmt: skip
_OPERATORS: Final = {"&&": "and", "||": "or", "??": "??", "===": "==", "!==": "!="}


def read_javascript(source: bytes, suffix: str) -> tuple[Node, int | None]:
    """A file, and the line of its first syntax error, if any; what is in error is left out.

    Raises ImportError where tree-sitter is missing.
    """
    root = parsed(source, suffix)
    return _block(root), first_error(root)


def _block(node: "Syntax") -> Node:
    return tree.Other(line_of(node), _parts(node))


def _parts(node: "Syntax") -> tuple[Node, ...]:
    return tuple(_read(one) for one in node.named_children if one.type not in NOT_CARRIED_OUT)


def _field(node: "Syntax", name: str) -> Node:
    found = node.child_by_field_name(name)
    return tree.Other(line_of(node)) if found is None else _read(found)


def _read(node: "Syntax") -> Node:
    line, kind = line_of(node), node.type
    if kind in _THROUGH:
        inner = [one for one in node.named_children if one.type not in NOT_CARRIED_OUT]
        return _read(inner[-1 if kind == "type_assertion" else 0]) if inner else tree.Other(line)
    if kind in FUNCTIONS:
        return _function(node)
    match kind:
        case "identifier" | "shorthand_property_identifier" | "shorthand_property_identifier_pattern":
            text = text_of(node)
            return tree.Constant(line, None) if text == "undefined" else tree.Name(line, text)
        case "this" | "super":
            return tree.Name(line, "this")
        case "string":
            return tree.Constant(line, text_of(node)[1:-1])
        case "number":
            return tree.Constant(line, _number(text_of(node)))
        case "true" | "false":
            return tree.Constant(line, float(kind == "true"))
        case "null" | "undefined":
            return tree.Constant(line, None)
        case "template_string":
            return tree.Text(line, tuple(_template(one) for one in node.named_children))
        case "member_expression":
            return tree.Member(line, _field(node, "object"), text_of(node.child_by_field_name("property")))
        case "subscript_expression":
            index = _field(node, "index")
            of = _field(node, "object")
            if isinstance(index, tree.Constant) and isinstance(index.value, str):
                return tree.Member(line, of, index.value)
            return tree.Index(line, of, index)
        case "call_expression" | "new_expression":
            called = "function" if kind == "call_expression" else "constructor"
            given = node.child_by_field_name("arguments")
            arguments = () if given is None or given.type != "arguments" else _parts(given)
            return tree.Call(line, _field(node, called), arguments)
        case "object" | "object_pattern":
            return tree.Object(
                line, tuple(_member(one) for one in node.named_children if one.type != "comment")
            )
        case "array" | "array_pattern":
            return tree.Items(line, _parts(node))
        case "spread_element" | "rest_pattern":
            return tree.Spread(line, _read(node.named_children[0]))
        case "assignment_pattern":
            return _field(node, "left")
        case _:
            return _made_of_others(node, line)


def _made_of_others(node: "Syntax", line: int) -> Node:
    kind = node.type
    match kind:
        case "binary_expression":
            operator = text_of(node.child_by_field_name("operator"))
            return tree.Binary(
                line, _OPERATORS.get(operator, operator), _field(node, "left"), _field(node, "right")
            )
        case "unary_expression" if text_of(node).startswith("!"):
            return tree.Binary(line, "not", _field(node, "argument"), tree.Other(line))
        case "ternary_expression":
            return tree.Choice(
                line, _field(node, "condition"), _field(node, "consequence"), _field(node, "alternative")
            )
        case "update_expression":
            return tree.Assign(line, _field(node, "argument"), tree.Constant(line, 1.0), is_more=True)
        case "variable_declarator":
            value = node.child_by_field_name("value")
            target = _field(node, "name")
            made = tree.Constant(line, None) if value is None else _read(value)
            return tree.Assign(line, target, made, is_new=True)
        case "assignment_expression" | "augmented_assignment_expression":
            is_more = kind.startswith("augmented")
            return tree.Assign(line, _field(node, "left"), _field(node, "right"), is_more=is_more)
        case _:
            return _statement(node, line)


def _statement(node: "Syntax", line: int) -> Node:
    match node.type:
        case "class_declaration" | "class" | "abstract_class_declaration":
            return _class(node)
        case "for_in_statement":
            return tree.Loop(line, _field(node, "left"), _field(node, "right"), None, _field(node, "body"))
        case "for_statement":
            counted = tree.Other(line, (_field(node, "body"), _field(node, "increment")))
            loop = tree.Loop(line, None, None, _field(node, "condition"), counted)
            return tree.Other(line, (_field(node, "initializer"), loop))
        case "while_statement" | "do_statement":
            return tree.Loop(line, None, None, _field(node, "condition"), _field(node, "body"))
        case "if_statement":
            test = _field(node, "condition")
            return tree.Branch(line, test, _field(node, "consequence"), _field(node, "alternative"))
        case "switch_case" | "switch_default":
            body = tuple(_read(one) for one in node.children_by_field_name("body"))
            return tree.Branch(line, None, tree.Other(line, body), tree.Other(line))
        case "catch_clause":
            return tree.Branch(line, None, _field(node, "body"), tree.Other(line))
        case "return_statement" | "throw_statement" | "yield_expression":
            inner = [one for one in node.named_children if one.type != "comment"]
            value = _read(inner[0]) if inner else None
            if node.type == "yield_expression":
                return tree.Other(line, () if value is None else (value,))
            return tree.Leave(line, "return" if node.type == "return_statement" else "throw", value)
        case "break_statement":
            return tree.Leave(line, "break")
        case "continue_statement":
            return tree.Leave(line, "continue")
        case _:
            return _block(node)


def _number(text: str) -> float | None:
    try:
        return float(int(text.replace("_", "").rstrip("n"), 0))
    except ValueError:
        pass
    try:
        return float(text.replace("_", ""))
    except ValueError:
        return 0.0


def _template(node: "Syntax") -> Node:
    if node.type == "template_substitution":
        return _read(node.named_children[0]) if node.named_children else tree.Other(line_of(node))
    return tree.Constant(line_of(node), text_of(node))


def _member(node: "Syntax") -> tuple[str | None, Node]:
    """A member of an object, or of a pattern."""
    match node.type:
        case "pair" | "pair_pattern":
            name = node.child_by_field_name("key")
            is_plain = name is not None and name.type != "computed_property_name"
            return (text_of(name).strip("\"'") if is_plain else None), _field(node, "value")
        case "shorthand_property_identifier" | "shorthand_property_identifier_pattern":
            return text_of(node), tree.Name(line_of(node), text_of(node))
        case "object_assignment_pattern":
            name = node.child_by_field_name("left")
            return text_of(name), tree.Name(line_of(node), text_of(name))
        case "method_definition":
            return text_of(node.child_by_field_name("name")), _function(node)
        case _:
            return None, tree.Other(line_of(node)) if not node.named_children else _read(
                node.named_children[0]
            )


def _function(node: "Syntax") -> tree.Function:
    given = node.child_by_field_name("parameters")
    single = node.child_by_field_name("parameter")
    parameters = [] if given is None else [one for one in given.named_children if one.type != "comment"]
    if single is not None:
        parameters = [single]
    body = node.child_by_field_name("body")
    read = tree.Other(line_of(node)) if body is None else _read(body)
    return tree.Function(
        line_of(node),
        text_of(node.child_by_field_name("name")),
        tuple(_parameter(one) for one in parameters),
        read,
        is_expression=body is not None and body.type != "statement_block",
    )


def _parameter(node: "Syntax") -> tree.Parameter:
    if node.type not in ("required_parameter", "optional_parameter"):
        target, default = node, None
        if node.type == "assignment_pattern":
            default = node.child_by_field_name("right")
        return tree.Parameter(_read(target), None if default is None else _read(default))
    pattern, value = node.child_by_field_name("pattern"), node.child_by_field_name("value")
    return tree.Parameter(
        tree.Other(line_of(node)) if pattern is None else _read(pattern),
        None if value is None else _read(value),
        text_of(node.child_by_field_name("type")).lstrip(": "),
        is_kept=any(one.type in ("accessibility_modifier", "readonly") for one in node.children),
        is_rest=pattern is not None and pattern.type == "rest_pattern",
    )


def _class(node: "Syntax") -> Node:
    methods: dict[str, tree.Function] = {}
    fields: list[tuple[str, str, Node | None]] = []
    body = node.child_by_field_name("body")
    for one in [] if body is None else body.named_children:
        name = text_of(one.child_by_field_name("name"))
        if one.type == "method_definition":
            methods[name] = _function(one)
        elif one.type in ("public_field_definition", "field_definition"):
            value = one.child_by_field_name("value")
            read = None if value is None else _read(value)
            if isinstance(read, tree.Function):
                methods[name] = read
            else:
                fields.append((name, text_of(one.child_by_field_name("type")).lstrip(": "), read))
    return tree.Class(line_of(node), text_of(node.child_by_field_name("name")), methods, tuple(fields))
