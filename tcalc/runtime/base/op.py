"""Op definitions: one place for an op's forward, gradient, dtype rule, signature and docs.

A kernel is a function of the device's array module and the op's arguments:

    @elementwise(dtype=FLOAT, scalar=math.log)
    def log(xp, input: Array):
        '''Natural logarithm. ...'''
        return xp.log(input)

    log.vjp(input=lambda g, input: g / input)

Parameters annotated `Array` take tensors, `Arrays` sequences of tensors; the annotation of any other
names its kind (see `kinds`), to which an argument is converted before the kernel sees it.
A gradient is a function of `g` and of what it needs, by name: parameters, `out`, `aux` (all outputs
but the first), or a parameter's `<name>_shape` and `<name>_dtype`. It is written with tensors, so
every order of derivative works.

What a user calls is made of it in `call`, whose `define` has the families.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.runtime.base import kinds
from tcalc.runtime.base.forms import FUNCTION, InPlace, Switched
from tcalc.runtime.base.registry import REGISTRY, Definition
from tcalc.runtime.base.targets import ANYWHERE, CAST, NOT_PARTLY, OWN

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# The kinds of parameters, for annotations: tensors, sequences of them, and what `kinds` defines.
Array = Any
Arrays = Any
Data = Any
Device = Any
DType = Any
Floats = Any
Function = Any
Generator = Any
IntLists = Any
Ints = Any
IntsOrNone = Any
Layout = Any
Leaves = Any
MemoryFormat = Any
Object = Any
Scalar = Any
Tree = Any
REQUIRED: Any = type("Required", (), {"__repr__": lambda self: "<required>"})()

# Dtype rules of elementwise ops: what the operands are cast to before the kernel runs. A rule may
# also be a function that picks one from the arguments, which it takes by name.
SAME = "same"  # the common dtype of the operands
FLOAT = "float"  # the same, integers and bools as the default dtype
BOOLEAN = "boolean"  # computed in the common dtype, the result is bool

# What `autocast` makes of an op's operands: the dtype that it was given, for products that need no
# more digits; or float32, for what needs them.
LOWER, SINGLE = "lower", "single"

# Why the registry's checks pass by an op that draws random numbers (see `Op.exempt`).
DRAWS = dict.fromkeys(("gradients", "plans", "devices"), "draws at random")

# A table for samples that have no need of another.
MATRIX = [[0.5, -1.0, 2.0], [1.5, 0.3, -0.7]]


def on_a_copy(tensor: Any) -> Any:
    """What a sample's tensor goes through before an op writes into it."""
    return tensor.clone()


# From how many elements on a kernel may take long: one that passes over them a few times; and one
# that does more with each (LAPACK, sorts, Fourier transforms).
MANY, SOME = 1 << 22, 1 << 17

UNKNOWN: Any = object()
OPS: list[Op] = []


def on_arrays(vjp: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a gradient function that works on arrays as it does on tensors."""
    vjp.on_arrays = True  # type: ignore[attr-defined]  # a function takes any
    return vjp


class Parameter:
    """One parameter of an op.

    kinds: what it takes, by the names of `kinds`; () where it takes tensors. optional: whether it
    takes None.
    """

    __slots__ = (
        "default", "is_array", "is_sequence", "keyword_only", "kinds", "name", "optional", "variadic",
    )  # fmt: skip

    def __init__(
        self, name: str, annotation: str, default: Any, keyword_only: bool, variadic: bool
    ) -> None:
        self.name = name
        self.is_array = annotation.startswith(("Array", "Tensor"))
        self.is_sequence = annotation.startswith(("Arrays", "Tensors"))
        self.kinds = () if self.is_array else kinds.names_of(annotation)
        self.optional = default is None or "None" in annotation
        self.default = default
        self.keyword_only = keyword_only
        self.variadic = variadic

    def convert(self, op: Op, value: Any) -> Any:
        """An argument as what the kernel takes; what is of none of the kinds is refused."""
        if not self.kinds or not op.is_public:
            return value
        if self.variadic:
            return tuple([self._one(op, v) for v in value])
        return self._one(op, value)

    def _one(self, op: Op, value: object) -> Any:
        if value is None and self.optional:
            return None
        return kinds.take(op.name, self.name, self.kinds, value)


def signature_parts(params: Sequence[Parameter], show: Callable[[Parameter], str]) -> list[str]:
    """The parts of a signature, with its stars; `show` writes a parameter that is not variadic."""
    parts = []
    star = False
    for p in params:
        if p.variadic:
            parts.append(f"*{p.name}")
            star = True
            continue
        if p.keyword_only and not star:
            parts.append("*")
            star = True
        parts.append(show(p))
    return parts


class Op(Definition):
    """One operation: its kernel and everything said about it.

    kernel: from the device's array module and arguments to an array, or a tuple of them; its own
    signature and docstring are the op's. family: elementwise, kernel, view or composite.

    What programs call it:
    name: what messages call it; by default the kernel's name.
    names: the qualified names that programs find it by; one without a dot is a function and a
        method. By default its name; () for what only other ops use.
    inplace: whether each of its methods has a form `x.name_()`; FUNCTION: and torch one, too.
    switched: names by which programs find a form with one parameter more: `inplace`, whether the
        result is written into the first operand.
    keywords: by another word for a parameter, the parameter.
    returns: the names of several results.

    What it takes:
    dtype: what its operands are cast to (elementwise).
    only: the groups of dtypes that the kernel has: bool, integer, floating, complex, and u for the
        unsigned integers that few kernels have.
    moves: whether it moves elements and looks at none: then it has every dtype.
    numbers: whether a Python number may stand for a tensor (elementwise: as the second operand of
        the kernel itself, which keeps the dtype).

    How it runs:
    scalar: the same on plain Python numbers.
    deferred: whether the kernel takes arrays that are not computed yet (see `lazy`).
    long: from how many elements of an array on the kernel is detached (see `detached`), 0 for
        never; it changes nothing but what it makes.
    upcast_halves: whether 16-bit floats are computed in 32 bits.
    apart: where the target of an in-place call, or `out`, may lie.

    Its gradient:
    differentiable: whether it has one.
    node_name: PyTorch's name for its nodes, or a function that picks one from the saved values.
    holomorphic: whether the gradients are those of a complex function as they stand: then the
        engine conjugates around them (a gradient is conjugate to the derivative).

    How it is tried:
    samples: calls for the checks of the registry. domain: between which numbers made-up ones lie.
    exempt: by check that does not fit it, the reason: "gradients", "plans", "devices", or "samples"
        where there is nothing to sample.
    """

    # What few ops need is set on them after the definition, as gradients are. Of its arguments:
    check: Callable[..., None] | None = None  # looks at them before they are promoted, and refuses
    # Whose numbers must fit the dtype (others' wrap as in C); and whether 16-bit floats refuse too.
    fits: tuple[str, ...] = ()
    fits_halves = True
    unpromoted: tuple[str, ...] = ()  # parameters that keep their own dtype
    # Those whose numbers keep their digits beside 16-bit floats, where those of others have none more.
    digits: tuple[str, ...] = ()
    # The first parameter, evaluated by the op itself, and that which holds what it is a function
    # of: plain names written there are its parameters.
    delayed: dict[str, str] | None = None
    # Of its running: operands whose size says nothing of how long it takes, as others name what is read.
    looked_up: tuple[str, ...] = ()
    # What runs it where an operand is sparse (see `call.layouts`), or None; and whether 0 stays 0.
    sparse: Callable[..., Any] | None = None
    keeps_zero = False
    installed: tuple[str, ...] | None = None  # see `call.define`
    memory_call: str | None = None  # likewise
    shows: Op | None = None  # likewise
    move_call: str | None = None  # see `call.nativemoves`
    over_call: tuple[str, tuple[str, ...]] | None = None  # see `call.overcalls`
    index_call: tuple[str, ...] | None = None  # see `call.indexcalls`
    product_call: str | None = None  # see `call.productcalls`
    whole: Callable[[], Any] | None = None  # finds what does everyday calls whole, or None
    # The kernel in a form that writes into its first operand, for in-place calls.
    into: Callable[..., Any] | None = None
    # And what runs those calls in full, `(op, values)`; None for what `call` has for ops that do not.
    writes: Callable[[Op, Sequence[Any]], Any] | None = None
    runs_hooks = False  # whether functions of the program run inside that are no arguments
    # What a view of a mirror is (see `mirror`), where it is no mirror; and whether it makes one unheard.
    of_mirror: Callable[[Any], Any] | None = None
    mirrors = False
    by_strides = True  # whether a view differs from what it shows by its layout alone
    autocast: str | None = None  # its dtype inside `autocast`: LOWER or SINGLE; None as it is
    _silent_ = False  # whether the prompt does not show what it gives (see `registry.silent`)
    # Of its gradient: what PyTorch saves unread, so that backward finds a write to it; what its graph goes
    # on to though nothing depends on it (the second derivative is 0).
    holds: tuple[str, ...] = ()
    ties: tuple[str, ...] = ()
    leads = False  # whether the first of several results alone is anybody's, and has a gradient
    keeps_history = False  # whether its form in place leaves the target's graph as it was

    def __init__(
        self,
        kernel: Callable[..., Any],
        family: str,
        *,
        # what programs call it
        name: str | None = None,
        names: Sequence[str] | None = None,
        inplace: bool | str = False,
        switched: Sequence[str] = (),
        keywords: dict[str, str] | None = None,
        returns: Sequence[str] = (),
        # what it takes
        dtype: str | Callable[..., str] = SAME,
        only: str = "bifc",
        moves: bool = False,
        numbers: bool = False,
        # how it runs
        scalar: Callable[..., Any] | None = None,
        deferred: bool = False,
        long: int | None = None,
        upcast_halves: bool = True,
        apart: int | None = None,
        # its gradient
        differentiable: bool = True,
        node_name: str | Callable[[dict[str, Any]], str] | None = None,
        holomorphic: bool = False,
        # how it is tried
        samples: Callable[[], Any] | None = None,
        domain: tuple[float | None, float | None] | None = None,
        exempt: dict[str, str] | None = None,
    ) -> None:
        self.kernel = kernel
        self.family = family
        self.doc = kernel.__doc__ or ""
        self.name = name or kernel.__name__
        own = _qualified((self.name,) if names is None else names)
        self.qualified = (*own, *switched)
        self.inplace = bool(inplace)
        self.keywords = keywords or {}
        self.returns = tuple(returns)
        self.dtype = dtype
        self.only = only
        self.moves = moves or family == "view"
        self.numbers = numbers
        self.scalar = scalar
        self.deferred = deferred
        self.long = long if long is not None else MANY if _may_be_long(self) else 0
        # A view must show its input's own memory.
        self.upcast_halves = upcast_halves and family != "view"
        # Which dtypes `out` may have (see `targets`), or what tells it from arguments, taken by name.
        each = family == "elementwise"
        self.outs: int | Callable[..., int] = CAST if each else OWN
        self.apart: int = apart if apart is not None else NOT_PARTLY if each else ANYWHERE
        self.differentiable = differentiable
        self.node_name = node_name or _node_name(self.name)
        self.holomorphic = holomorphic
        self.samples = samples
        self.domain = domain
        self.exempt = exempt or {}
        # By parameter, its gradient; and one function for several, given `needs`.
        self.vjps: dict[str, Callable[..., Any]] = {}
        self.joint: Callable[..., Any] | None = None
        self.joint_params: tuple[str, ...] = ()
        self.plan: dict[str, list[str]] | None = None  # see saved_plan
        self.saved_tensors: tuple[int, ...] = ()
        self.saved_outputs: tuple[int, ...] = ()
        self.saves_tensors = False
        # How it runs with a batch of its operands at once (see `call.batching`); None: one by one.
        self.batch: Callable[[Any], Any] | None = None
        # For profiles: what PyTorch calls it where that is neither its name nor its gradient's; and,
        # of a result and its parameters' values, how many operations on floats that took.
        self.schema: str | None = None
        self.flops: Callable[..., int] | None = None
        self._params: tuple[Parameter, ...] | None = None
        self._named: dict[str, Parameter] | None = None
        # `backward` on bare arrays: None where a gradient is more than plain arithmetic.
        self.on_arrays: Any = UNKNOWN
        for q in own:
            REGISTRY[q] = self
        for q in switched:
            REGISTRY[q] = Switched(self)
        if inplace:
            function = inplace == FUNCTION or len(self.params) == 1  # has no other operand
            rooms = ("Tensor", "torch") if function else ("Tensor",)
            for q in own:
                if q.rpartition(".")[0] in rooms:
                    REGISTRY[f"{q}_"] = InPlace(self)
        OPS.append(self)

    # -- definition ---------------------------------------------------------------------------

    def vjp(self, **by_parameter: Callable[..., Any]) -> None:
        """Give the gradient of each parameter."""
        self.vjps.update(by_parameter)

    def vjps_of(self, *parameters: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Decorate one function that gives the gradients of several parameters together.

        It is given `g`, `needs` (a bool for each of the parameters) and what it names.
        """

        def mark(function: Callable[..., Any]) -> Callable[..., Any]:
            self.joint = function
            self.joint_params = parameters
            return function

        return mark

    # -- what is known of it ------------------------------------------------------------------

    @property
    def params(self) -> tuple[Parameter, ...]:
        """The user's parameters, in order."""
        if self._params is None:
            self._params = _parameters(self.kernel, skip=0 if self.family == "composite" else 1)
        return self._params

    def parameter(self, name: str) -> Parameter:
        """The parameter of that name."""
        if self._named is None:
            self._named = {p.name: p for p in self.params}
        return self._named[name]

    def convert(self, name: str, value: Any) -> Any:
        """An argument of the named parameter as what the kernel takes."""
        return self.parameter(name).convert(self, value)

    @property
    def runs_programs(self) -> bool:
        """Whether functions of the program run inside it, whose errors are their own."""
        return self.runs_hooks or any("Function" in p.kinds for p in self.params)

    @property
    def is_public(self) -> bool:
        """Whether programs can call it: then every parameter has a kind."""
        return bool(self.qualified)

    @property
    def examples(self) -> list[tuple[str, str]]:
        """The docstring's examples: what is typed at `>>>` and what is shown."""
        found: list[tuple[str, str]] = []
        lines = self.doc.splitlines()
        at = 0
        while at < len(lines):
            line = lines[at].lstrip()
            indent = len(lines[at]) - len(line)
            at += 1
            if not line.startswith(">>> "):
                continue
            source = line[4:]
            while at < len(lines) and lines[at][indent:].startswith("..."):
                source += "\n" + lines[at][indent + 4 :]
                at += 1
            shown = []
            while at < len(lines) and lines[at].strip():
                if lines[at][indent:].startswith(">>> "):
                    break
                shown.append(lines[at][indent:].rstrip())
                at += 1
            found.append((source, "\n".join(shown)))
        return found

    @property
    def signature(self) -> str:
        """The signature as a user would write it, such as `mean(input, dim=None)`."""

        def show(p: Parameter) -> str:
            return p.name if p.default is REQUIRED else f"{p.name}={p.default!r}"

        return f"{self.name}({', '.join(signature_parts(self.params, show))})"

    @property
    def has_gradient(self) -> bool:
        """Whether a gradient is defined (a composite has its parts')."""
        return self.differentiable and (
            self.family == "composite" or bool(self.vjps) or self.joint is not None
        )

    # -- what `call` makes of it --------------------------------------------------------------

    # The function `(node, g, needs)` that gives the gradients of its inputs.
    backward: Callable[..., Any]
    if TYPE_CHECKING:  # `call.define.DefinedOp`, of which every op is, has them

        @property
        def inplace_function(self) -> Callable[..., Any]: ...
        @property
        def switched_function(self) -> Callable[..., Any]: ...
        def call_with(self, values: Sequence[Any]) -> Any: ...
        def array_backward(self) -> Callable[..., Any] | None: ...


def _may_be_long(op: Op) -> bool:
    return op.family == "kernel" and not op.deferred


def _qualified(names: Sequence[str]) -> tuple[str, ...]:
    """The names with those that have no dot as a function and as a method."""
    bare = [n for n in names if "." not in n]
    return (
        *[n for n in names if "." in n],
        *[f"torch.{n}" for n in bare],
        *[f"Tensor.{n}" for n in bare],
    )


def _node_name(name: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in name.split("_")) + "Backward0"


def _parameters(function: Callable[..., Any], skip: int) -> tuple[Parameter, ...]:
    code = function.__code__
    notes = function.__annotations__
    count, keywords = code.co_argcount, code.co_kwonlyargcount
    names = code.co_varnames
    defaults = function.__defaults__ or ()
    by_keyword = function.__kwdefaults__ or {}
    first_default = count - len(defaults)
    found = [
        Parameter(
            name,
            str(notes.get(name, "")),
            defaults[i - first_default] if i >= first_default else REQUIRED,
            False,
            False,
        )
        for i, name in enumerate(names[:count])
    ]
    if code.co_flags & 0x04:  # *args come after the keyword-only names
        name = names[count + keywords]
        found.append(Parameter(name, str(notes.get(name, "")), REQUIRED, False, True))
    for name in names[count : count + keywords]:
        found.append(
            Parameter(name, str(notes.get(name, "")), by_keyword.get(name, REQUIRED), True, False)
        )
    return tuple(found[skip:])


def saved_plan(op: Op) -> dict[str, list[str]]:
    """What the op's gradients need, by name, each with the parameters whose gradient needs it.

    Also tells the op which of the saved values are tensors and which its own outputs.
    """
    if op.plan is not None:
        return op.plan
    plan: dict[str, list[str]] = {}
    for parameter, vjp in op.vjps.items():
        for name in needs_of(vjp, 1):
            plan.setdefault(name, []).append(parameter)
    if op.joint is not None:
        for name in needs_of(op.joint, 2):
            plan.setdefault(name, []).extend(op.joint_params)
    for name in (*op.holds, *op.ties):
        plan.setdefault(name, []).extend((*op.vjps, *op.joint_params))
    kinds = {p.name: p for p in op.params}
    op.saved_tensors = tuple(
        i
        for i, name in enumerate(plan)
        if name in kinds and kinds[name].is_array and not kinds[name].is_sequence
    )
    op.saved_outputs = tuple(i for i, name in enumerate(plan) if name in ("out", "aux"))
    op.saves_tensors = any(
        name in ("out", "aux") or (name in kinds and kinds[name].is_array) for name in plan
    )
    op.plan = plan
    return plan


def needs_of(vjp: Callable[..., Any], skip: int) -> tuple[str, ...]:
    """The names of what a gradient function takes after its first `skip` parameters."""
    code = vjp.__code__
    return code.co_varnames[skip : code.co_argcount]
