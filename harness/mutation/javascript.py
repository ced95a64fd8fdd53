"""The points of a file in JavaScript or TypeScript at which a mistake can be made."""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from harness.mutation.points import (
    TAKE_OPTIONS,
    Absence,
    Awaited,
    Block,
    Called,
    Code,
    Condition,
    Given,
    Handled,
    Joined,
    Literal,
    Member,
    Name,
    Negated,
    Nullish,
    Number,
    Operator,
    Option,
    Removable,
    SourceText,
    Spelling,
    Statement,
    TextRange,
    keys_among,
)
from harness.system.javascript.grammar import FUNCTIONS, NOT_CARRIED_OUT, parsed, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

_SPELLING: Final = Spelling(
    nothing=";",
    negated="!({})",
    absent="({}) == null",
    present="({}) != null",
    truth={True: "true", False: "false"},
    computed={"+": "-", "-": "+", "*": "/", "/": "*", "%": "*", "&": "|", "|": "&"},
    joining={"&&": "||", "||": "&&"},
)
_COMPARED: Final = frozenset(("<", "<=", ">", ">=", "==", "!=", "===", "!=="))
_NOTHING: Final = {"null": "undefined", "undefined": "null"}
_SIMPLE: Final = frozenset((
    "identifier", "member_expression", "subscript_expression", "call_expression", "await_expression",
))  # fmt: skip
_LEAVES: Final = frozenset(("return_statement", "throw_statement", "continue_statement", "break_statement"))
_FIXED: Final = _LEAVES | FUNCTIONS | {"class_declaration", "export_statement"}
_DONE: Final = frozenset((
    "call_expression", "await_expression", "assignment_expression", "augmented_assignment_expression",
    "update_expression",
))  # fmt: skip
_TESTED: Final = frozenset((
    "if_statement", "while_statement", "do_statement", "for_statement", "ternary_expression",
))  # fmt: skip
# Of these only the first part is carried out: the other is a type.
_TYPED: Final = frozenset(("as_expression", "satisfies_expression"))
# Methods that ask a function about each of many.
_ASK: Final = frozenset(("filter", "some", "every", "find", "findIndex", "findLast"))


def read_javascript(text: str, suffix: str) -> Code:
    """Where the syntax is not understood there are no points. Raises ImportError without tree-sitter."""
    source = SourceText(text)
    root = parsed(text.encode(), suffix)
    nodes = list(_carried_out(root))
    imported, modules = _imported(root)
    texts = {}
    for node in nodes:
        name, value = (node.child_by_field_name(one) for one in ("name", "value"))
        if node.type == "variable_declarator" and value is not None and value.type == "string":
            texts[text_of(name)] = text_of(value)[1:-1]
    points = [
        tuple(one for one in _points(node, texts) if not isinstance(one, Member) or one.owner in modules)
        for node in nodes
    ]
    return Code(source, _SPELLING, points, keys_among(imported, texts))


def _carried_out(root: "Node") -> Iterator["Node"]:
    """Every node that is carried out, in the order of the text."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        inner = node.named_children[:1] if node.type in _TYPED else node.named_children
        waiting += [one for one in reversed(inner) if one.type not in NOT_CARRIED_OUT and not one.is_error]


def _imported(root: "Node") -> tuple[dict[str, list[str]], set[str]]:
    """The names that a file imports, by the name of the module, and its names for whole modules."""
    names: dict[str, list[str]] = {}
    modules = set()
    for node in root.named_children:
        if node.type == "import_statement":
            module = PurePosixPath(text_of(node.child_by_field_name("source"))[1:-1]).stem
            inside = list(_inside(node))
            names[module] = [
                text_of(one.child_by_field_name("alias") or one.child_by_field_name("name"))
                for one in inside
                if one.type == "import_specifier"
            ]
            modules |= {text_of(one.named_children[0]) for one in inside if one.type == "namespace_import"}
    return names, modules


def _inside(node: "Node") -> Iterator["Node"]:
    yield node
    for one in node.named_children:
        yield from _inside(one)


def _at(node: "Node") -> TextRange:
    return TextRange(node.start_byte, node.end_byte)


def _bounds(node: "Node") -> tuple[int, int]:
    return node.start_byte, node.end_byte


def _within(node: "Node") -> TextRange:
    """What is between the brackets of a node."""
    return TextRange(node.start_byte + 1, node.end_byte - 1)


def _points(node: "Node", texts: dict[str, str]) -> Iterator[TextRange]:
    match node.type:
        case "binary_expression":
            yield from _binary(node, texts)
        case "unary_expression" if text_of(node).startswith("!"):
            inner = _bare(node.named_children[0])
            yield Negated(*_bounds(node), _at(inner), inner.type in _SIMPLE)
        case "number":
            if (number := _number(text_of(node))) is not None:
                yield Number(*_bounds(node), number)
        case "true" | "false":
            yield Number(*_bounds(node), node.type == "true")
        case "string" | "template_string":
            yield _literal(node)
        case "identifier" if not _is_declared(node):
            yield Name(*_bounds(node), text_of(node))
        case "member_expression":
            of, member = (node.child_by_field_name(one) for one in ("object", "property"))
            if of is not None and of.type == "identifier":
                yield Member(*_bounds(node), text_of(of), text_of(member))
        case "optional_chain":
            following = node.next_sibling
            is_member = following is not None and following.type.endswith("property_identifier")
            yield Nullish(*_bounds(node), "." if is_member else "")
        case "await_expression":
            yield Awaited(*_bounds(node), _at(node.named_children[0]))
        case "object":
            yield from _options(node)
        case "call_expression" | "new_expression":
            yield from _call(node)
        case _:
            yield from _statement(node)
    if node.type in _TESTED and (test := node.child_by_field_name("condition")) is not None:
        yield from _condition(_bare(test), may_be_absent=True)


def _bare(node: "Node") -> "Node":
    """What is in brackets, without them."""
    inner = [one for one in node.named_children if one.type != "comment"]
    return _bare(inner[0]) if node.type == "parenthesized_expression" and len(inner) == 1 else node


def _binary(node: "Node", texts: dict[str, str]) -> Iterator[TextRange]:
    left, operator, right = (node.child_by_field_name(one) for one in ("left", "operator", "right"))
    assert left is not None
    assert operator is not None
    assert right is not None
    written, where = text_of(operator), _bounds(node)
    if written in ("&&", "||", "??"):
        yield Joined(*where, written, _at(operator), (_at(left), _at(right)))
        if written == "??" or (written == "||" and _bare(left).type in _SIMPLE):
            other = "||" if written == "??" else "??"
            yield Nullish(*where, f"(({text_of(left)}) {other} ({text_of(right)}))")
    elif written in _COMPARED:
        yield Operator(*_bounds(operator), written)
        nothing = text_of(right)
        if nothing in _NOTHING:
            yield Absence(*where, _at(left), written in ("==", "==="))
            if len(written) == 3:
                yield Nullish(*_bounds(right), _NOTHING[nothing])
    elif not _is_text(node, texts):  # other operators are not for texts
        yield Operator(*_bounds(operator), written)


def _is_text(node: "Node", texts: dict[str, str]) -> bool:
    if node.type == "binary_expression":
        sides = (node.child_by_field_name("left"), node.child_by_field_name("right"))
        return any(one is not None and _is_text(_bare(one), texts) for one in sides)
    return node.type in ("string", "template_string") or text_of(node) in texts


def _condition(test: "Node", *, may_be_absent: bool) -> Iterator[Condition]:
    written = text_of(test.child_by_field_name("operator"))
    has_own = (test.type == "binary_expression" and written in _COMPARED) or (
        test.type == "unary_expression" and written == "!"
    )
    yield Condition(*_bounds(test), has_own, may_be_absent and test.type in _SIMPLE)


def _number(text: str) -> int | float | None:
    plain = text.replace("_", "")
    for reading in (lambda: int(plain, 0), lambda: float(plain)):
        try:
            return reading()
        except ValueError:
            pass
    return None


def _literal(node: "Node") -> Literal:
    parts = [one for one in node.named_children if one.type != "comment"]
    texts = [None if one.type == "template_substitution" else text_of(one) for one in parts]
    start = next((at for at, one in enumerate(texts) if one is None), len(texts))
    text = "".join(one for one in texts if one is not None)
    return Literal(*_bounds(node), text, "".join(one for one in texts[:start] if one is not None))


def _is_declared(node: "Node") -> bool:
    """Whether a name is given something here, or is given itself."""
    parent = node.parent
    if parent is None or parent.type in ("import_specifier", "export_specifier", "required_parameter"):
        return True
    named = "name" if parent.type.endswith(("_declarator", "_declaration")) else "left"
    return parent.child_by_field_name(named) == node and not parent.type.startswith("binary")


def _options(node: "Node") -> Iterator[Option]:
    """The members of an object; what it takes from another one where KV is given it."""
    call = node.parent.parent if node.parent is not None and node.parent.type == "arguments" else None
    takes = call is not None and _method(call) in TAKE_OPTIONS
    for one in node.named_children:
        if one.type == "pair":
            key, value = (one.child_by_field_name(each) for each in ("key", "value"))
            if key is not None and value is not None and key.type in ("property_identifier", "string"):
                label = _within(key) if key.type == "string" else _at(key)
                name = text_of(key).strip("\"'")
                yield Option(*_bounds(one), name, label, _at(value), _within(node))
        elif one.type == "shorthand_property_identifier":
            yield Option(*_bounds(one), text_of(one), _at(one), None, _within(node))
        elif one.type == "spread_element" and takes:
            yield Option(*_bounds(one), None, _at(one), None, _within(node))


def _method(call: "Node") -> str:
    function = call.child_by_field_name("function")
    return "" if function is None else text_of(function.child_by_field_name("property"))


def _call(node: "Node") -> Iterator[TextRange]:
    function, given = (node.child_by_field_name(one) for one in ("function", "arguments"))
    if function is not None and text_of(function.child_by_field_name("object")) == "Math":
        named = function.child_by_field_name("property")
        assert named is not None
        yield Called(*_bounds(named), text_of(named))
    if given is None or given.type != "arguments":
        return
    arguments = [one for one in given.named_children if one.type != "comment"]
    if not any(one.type == "spread_element" for one in arguments):
        yield Given(*_bounds(node), tuple(map(_at, arguments)))
    if _method(node) in _ASK and arguments and arguments[0].type == "arrow_function":
        body = arguments[0].child_by_field_name("body")
        if body is not None and body.type != "statement_block":
            yield from _condition(_bare(body), may_be_absent=False)


def _statement(node: "Node") -> Iterator[TextRange]:
    if _is_removable(node):
        yield Removable(*_bounds(node))
    if node.type == "catch_clause":
        body = node.child_by_field_name("body")
        handling = [] if body is None else [one for one in body.named_children if one.type != "comment"]
        if handling:
            yield Handled(handling[0].start_byte, handling[-1].end_byte)
    if node.type in ("statement_block", "switch_case", "switch_default"):
        is_case = node.type != "statement_block"
        inside = node.children_by_field_name("body") if is_case else node.named_children
        statements = [_among_others(one) for one in inside if one.type != "comment"]
        yield Block(*_bounds(node), tuple(statements))


def _is_removable(node: "Node") -> bool:
    match node.type:
        case "throw_statement" | "continue_statement" | "break_statement":
            return True
        case "expression_statement":
            inner = node.named_children[0]
            return inner.type in _DONE or text_of(inner).startswith("delete ")
        case "if_statement":
            return node.child_by_field_name("alternative") is None and _leaves(
                node.child_by_field_name("consequence")
            )
    return False


def _leaves(node: "Node | None") -> bool:
    """Whether it ends by leaving what it is in."""
    while node is not None and node.type == "statement_block":
        node = node.named_children[-1] if node.named_children else None
    return node is not None and node.type in _LEAVES


def _among_others(node: "Node") -> Statement:
    inside = list(_carried_out(node))
    identifiers = [one for one in inside if one.type == "identifier"]
    stores = {text_of(one) for one in identifiers if _is_declared(one)}
    stores |= {text_of(one) for one in inside if one.type == "shorthand_property_identifier_pattern"}
    loads = {text_of(one) for one in identifiers if not _is_declared(one)}
    loads |= {text_of(one) for one in inside if one.type == "shorthand_property_identifier"}
    is_text = node.type == "expression_statement" and node.named_children[0].type == "string"
    acts = any(one.type in ("call_expression", "new_expression", "await_expression") for one in inside)
    return Statement(
        *_bounds(node), is_text or node.type in _FIXED, acts, frozenset(stores), frozenset(loads)
    )
