"""A session's text as a script for PyTorch: names in full, lists as tensors, values printed.

The text stays as it was typed but for what PyTorch would not take. Which of several meanings a name
has is told by what the session's variables hold.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from tcalc.help import lookups
from tcalc.language.builtins import BUILTINS
from tcalc.language.names import CONSTANTS
from tcalc.language.namespace import ALIASES
from tcalc.parser import nodes, parse
from tcalc.parser.names import names_in
from tcalc.runtime.base import registry
from tcalc.runtime.objects.lists import List
from tcalc.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tcalc.session import Session

# What is found elsewhere in PyTorch, or by another name.
_ELSEWHERE = {
    **{n: f"torch.autograd.functional.{n}" for n in ("jacobian", "hessian", "vjp", "jvp", "vhp", "hvp")},
    "gradcheck": "torch.autograd.gradcheck",
}  # fmt: skip
# What PyTorch has nothing for.
_OURS_ALONE = frozenset(
    "plot hist bar heat imshow graph explain inspect help load save jit args why expand sum_to_size".split()
)
_NUMBERS = (int, float, complex)
# What a script begins with where it needs it.
_HELPERS = {
    "show": '''\
results = []


def show(value):
    """Print a value as the prompt echoes it, and remember it."""
    if value is not None:
        results.append(value)
        print(repr(value))
''',
    "either": '''\
def either(python, pytorch):
    """Python's function, or PyTorch's where an argument is a tensor."""
    def call(*args, **kwargs):
        tensors = [arg for arg in args if isinstance(arg, torch.Tensor)]
        return (pytorch if tensors else python)(*args, **kwargs)
    return call
''',
    "gradient": '''\
def gradient(f, x):
    """The gradient of f at x, which need not require one."""
    x = torch.as_tensor(x).detach().clone().requires_grad_()
    return torch.autograd.grad(f(x), x)[0]
''',
}


class Script:
    """The script of some entries, one after the other. left: what PyTorch has nothing for."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._bound: set[str] = set()
        self._helpers: set[str] = set()
        self._imports: set[str] = {"import torch"}
        self._forms: set[str] = set()
        self._text = ""
        self.left: list[str] = []

    def of(self, entries: Sequence[str]) -> str:
        """The whole script. ParseError for text that is none."""
        trees = [(text, parse(Source(text, "<export>"))) for text in entries]
        for _, tree in trees:
            self._bound.update(_bound(tree))
        lines = [line for text, tree in trees for line in self._statements(text, tree.body)]
        forms = [f"{name} = either({name}, torch.{name})" for name in sorted(self._forms)]
        helpers = [_HELPERS[name] for name in _HELPERS if name in self._helpers]
        head = "\n".join(sorted(self._imports)) + "\n"
        parts = [head, *helpers, *(["\n".join(forms) + "\n"] if forms else [])]
        return "\n\n".join(parts) + ("\n" if len(parts) == 1 else "\n\n") + "\n".join(lines) + "\n"

    def _statements(self, text: str, body: Sequence[nodes.StmtNode]) -> Iterable[str]:
        self._text = text
        for statement in body:
            before = len(self.left)
            decorators = getattr(statement, "decorator_list", None)
            start = text.rindex("@", 0, decorators[0].start) if decorators else statement.start
            made = self._between(start, statement)
            if len(self.left) > before:
                yield from (f"# only in tcalc: {line}" for line in made.split("\n"))
            elif isinstance(statement, nodes.Expr) and not self._is_silent(statement):
                self._helpers.add("show")
                several = isinstance(statement.value, nodes.Tuple)
                yield f"show(({made}))" if several else f"show({made})"
            else:
                yield made

    def _between(self, start: int, node: nodes.Node) -> str:
        """A node's text from a place on, with what is below it translated."""
        pieces, at = [], start
        for child in sorted(nodes.children(node), key=lambda c: c.start):
            if child.start < at:
                continue
            pieces += [self._text[at : child.start], self._node(child)]
            at = child.end
        pieces.append(self._text[at : node.end])
        return "".join(pieces)

    def _node(self, node: nodes.Node) -> str:
        if isinstance(node, nodes.Name):
            return self._name(node.id)
        if isinstance(node, nodes.Call):
            return self._call(node)
        if isinstance(node, nodes.BinOp):
            return self._binary(node)
        if isinstance(node, nodes.UnaryOp) and node.op != "not" and self._is_list(node.operand):
            return self._text[node.start : node.operand.start] + self._tensor(node.operand)
        return self._between(node.start, node)

    def _name(self, name: str) -> str:
        if name in self._bound:
            return name
        if name == "_" or (name[0] == "_" and name[1:].isdigit()):
            self._helpers.add("show")
            return f"results[{int(name[1:] or 0) - 1}]"
        if name in CONSTANTS:
            self._imports.add("import math")
            return f"math.{name}"
        if name in BUILTINS:
            if f"torch.{name}" in registry.NAMES and not isinstance(BUILTINS[name], type):
                self._forms.add(name)
                self._helpers.add("either")
            return name
        if name in ALIASES:
            module = ALIASES[name]
            self._imports.add(f"import {module}" + ("" if module == name else f" as {name}"))
            return name
        if name in _OURS_ALONE:
            self.left.append(name)
            return name
        return _ELSEWHERE.get(name) or (
            f"torch.{name}" if f"torch.{name}" in registry.NAMES else name
        )

    def _call(self, node: nodes.Call) -> str:
        path = _path(node.func)
        own = path is not None and path[0] in self._bound
        if path is not None and not own:
            if self._session.namespace.delayed(path) is not None and len(node.args) == 2:
                return self._gradient(node)
            if path == ("grad",):
                return "torch.func.grad" + self._text_after(node)
            op = self._op(path)
            if op is not None and op.params and node.args:
                if len(path) == 1 and all(map(self._is_plain, node.args)) and op.scalar is not None:
                    return self._plain_call(path[0], node)
                return self._op_call(op, node)
        return self._between(node.start, node)

    def _text_after(self, node: nodes.Call) -> str:
        return self._between(
            node.func.end, nodes.Call(node.func.end, node.end, node.func, node.args, node.keywords)
        )

    def _op(self, path: tuple[str, ...]) -> Any:
        found = lookups.follow(list(path), self._session)
        return getattr(found, "__op__", None)

    def _op_call(self, op: Any, node: nodes.Call) -> str:
        """A call of an op, whose lists are tensors where it takes such."""
        pieces, at = [self._node(node.func)], node.func.end
        for place, arg in enumerate(node.args):
            param = op.params[min(place, len(op.params) - 1)]
            takes = param.is_array and not param.is_sequence
            made = self._tensor(arg, op) if takes and self._is_list(arg) else self._node(arg)
            pieces += [self._text[at : arg.start], made]
            at = arg.end
        for keyword in node.keywords:
            pieces += [self._text[at : keyword.start], self._between(keyword.start, keyword)]
            at = keyword.end
        return "".join([*pieces, self._text[at : node.end]])

    def _plain_call(self, name: str, node: nodes.Call) -> str:
        """A function of plain numbers, which tcalc computes in double."""
        args = [self._node(arg) for arg in node.args]
        if hasattr(math, name):
            self._imports.add("import math")
            return f"math.{name}({', '.join(args)})"
        tensors = [f"torch.tensor({arg}, dtype=torch.float64)" for arg in args]
        return f"torch.{name}({', '.join(tensors)}).item()"

    def _gradient(self, node: nodes.Call) -> str:
        """`grad(y, x)`: of an expression, of a value that was computed, or of a function."""
        expression, by = node.args
        value = self._value(expression)
        if isinstance(expression, nodes.Lambda) or callable(value):
            return f"torch.func.grad({self._node(expression)})({self._node(by)})"
        given = self._value(by)
        if not isinstance(by, nodes.Name) or getattr(given, "requires_grad", False):
            return f"torch.autograd.grad({self._node(expression)}, {self._node(by)})[0]"
        self._helpers.add("gradient")
        return f"gradient(lambda {by.id}: {self._node(expression)}, {by.id})"

    def _binary(self, node: nodes.BinOp) -> str:
        left, right = self._is_list(node.left), self._is_list(node.right)
        between = self._text[node.left.end : node.right.start]
        joined = left and right and node.op == "+"
        repeated = node.op == "*" and (left != right) and not self._multiplies(node)
        if joined or repeated or not (left or right):
            return self._between(node.start, node)
        made = [self._tensor(n) if is_list else self._node(n)
                for n, is_list in ((node.left, left), (node.right, right))]  # fmt: skip
        return made[0] + between + made[1]

    def _multiplies(self, node: nodes.BinOp) -> bool:
        """Whether a list times a number is the tensor's product, not the list again and again."""
        listed, other = node.left, node.right
        if not self._is_list(listed):
            listed, other = other, listed
        if type(self._value(other)) is not int:
            return True
        count = (
            len(listed.elts) if isinstance(listed, nodes.List) else len(self._value(listed) or ())
        )
        return count > 1

    def _tensor(self, node: nodes.ExprNode, op: Any = None) -> str:
        floats = op is not None and self._is_whole(node) and _makes_floats(op)
        kind = ", dtype=torch.get_default_dtype()" if floats else ""
        return f"torch.tensor({self._node(node)}{kind})"

    def _is_whole(self, node: nodes.ExprNode) -> bool:
        if isinstance(node, nodes.List):
            return all(self._is_whole(each) for each in node.elts)
        value = self._value(node)
        return all(map(_is_int, value)) if isinstance(value, list) else type(value) is int

    def _is_list(self, node: nodes.ExprNode) -> bool:
        return isinstance(node, nodes.List | nodes.ListComp) or type(self._value(node)) is List

    def _is_plain(self, node: nodes.ExprNode) -> bool:
        """Whether an expression is of plain numbers alone."""
        if isinstance(node, nodes.BinOp):
            return self._is_plain(node.left) and self._is_plain(node.right)
        if isinstance(node, nodes.UnaryOp):
            return self._is_plain(node.operand)
        if isinstance(node, nodes.Call):
            path = _path(node.func)
            op = self._op(path) if path is not None and path[0] not in self._bound else None
            return op is not None and op.scalar is not None and all(map(self._is_plain, node.args))
        return type(self._value(node)) in _NUMBERS

    def _value(self, node: nodes.ExprNode) -> Any:
        """What a literal or a variable holds; None where it would have to be computed."""
        if isinstance(node, nodes.Constant):
            return node.value
        if isinstance(node, nodes.UnaryOp) and node.op == "-":
            return self._value(node.operand)
        if isinstance(node, nodes.Name):
            found = self._session.variables.get(node.id)
            return CONSTANTS.get(node.id) if found is None and node.id not in self._bound else found
        return None

    def _is_silent(self, statement: nodes.Expr) -> bool:
        """Whether the prompt shows nothing of a statement, as of `model.train()`."""
        value = statement.value
        if statement.silent:
            return True
        path = _path(value.func) if isinstance(value, nodes.Call) else None
        if path is None:
            return False
        found = lookups.follow(list(path), self._session)
        function = getattr(found, "__func__", found)
        return bool(getattr(getattr(function, "__op__", function), "_silent_", False))


def _makes_floats(op: Any) -> bool:
    """Whether an op makes floats of integers, which PyTorch may refuse to cast for it."""
    try:
        result = op.function(registry.lookup("torch.tensor")(List([List([1, 2]), List([3, 5])])))
        return bool(result.is_floating_point())
    except Exception:  # it takes more, or no matrix
        return False


def _is_int(value: object) -> bool:
    return all(map(_is_int, value)) if isinstance(value, list) else type(value) is int


def _path(node: nodes.Node) -> tuple[str, ...] | None:
    """A dotted name as its parts; None for anything else."""
    if isinstance(node, nodes.Name):
        return (node.id,)
    inner = _path(node.value) if isinstance(node, nodes.Attribute) else None
    return None if inner is None or not isinstance(node, nodes.Attribute) else (*inner, node.attr)


def _bound(node: Any) -> Iterable[str]:
    """Every name that a program binds, wherever."""
    kind = type(node)
    if kind in (nodes.FunctionDef, nodes.ClassDef):
        yield node.name
    elif kind is nodes.arg:
        yield node.arg
    elif kind is nodes.alias:
        yield (node.asname or node.name).partition(".")[0]
    elif kind is nodes.ExceptHandler and node.name:
        yield node.name
    targets: list[Any] = []
    if kind is nodes.Assign:
        targets = node.targets
    elif kind in (
        nodes.AnnAssign,
        nodes.AugAssign,
        nodes.For,
        nodes.comprehension,
        nodes.NamedExpr,
    ):
        targets = [node.target]
    elif kind is nodes.withitem and node.optional_vars is not None:
        targets = [node.optional_vars]
    for target in targets:
        yield from names_in(target)
    for child in nodes.children(node):
        yield from _bound(child)
