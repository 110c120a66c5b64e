"""`summary(model, size)`: a table of a model's layers, from one dry run, as torchinfo's is.

Nothing is computed, and no memory is taken: the model runs on shapes. Sizes are those of one pass.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError, StateError
from tcalc.library.host import host
from tcalc.library.nn.module import Module
from tcalc.runtime.autograd.grad_mode import no_grad
from tcalc.runtime.base import kinds
from tcalc.runtime.base.modes import effect
from tcalc.runtime.base.registry import export, lookup, silent
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.transform.dry.interpreter import Dry
from tcalc.runtime.transform.dry.notes import tensors_in
from tcalc.runtime.transform.dry.unknown import NotKnown
from tcalc.runtime.types import dtypes
from tcalc.runtime.types.shapes import as_size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_MEGA = 1_000_000
_NONE, _AGAIN = "--", "(recursive)"


class Layer:
    """A call of a module. times: which of its calls it is, from 1; macs: of what ran inside."""

    __slots__ = (
        "depth",
        "index",
        "input",
        "macs",
        "module",
        "name",
        "output",
        "params",
        "times",
        "written",
    )

    def __init__(self, module: Module, depth: int, index: int, times: int) -> None:
        self.module = module
        self.name = type(module).__name__
        self.depth = depth
        self.index = index
        self.times = times
        self.params = sum(p.numel() for p in module.parameters())
        self.macs = self.written = 0
        self.input = self.output = ""


# What a column is called, and what stands in it for a layer of a table that goes so deep.
_COLUMNS: dict[str, tuple[str, Callable[[Layer, int], str]]] = {
    "input_size": ("Input Shape", lambda layer, _: layer.input),
    "output_size": ("Output Shape", lambda layer, _: layer.output),
    "num_params": ("Param #", lambda layer, depth: _params(layer, depth)),
    "mult_adds": ("Mult-Adds", lambda layer, _: f"{layer.macs:,}" if layer.macs else _NONE),
    "trainable": ("Trainable", lambda layer, _: _trainable(layer.module)),
}
_USUAL = ("output_size", "num_params", "mult_adds")


@export("tcalc.ModelStatistics", home="torchinfo")
class ModelStatistics:
    """What `summary` found; its text is the table.

    total_params, trainable_params, total_mult_adds: of the whole model. total_input,
    total_output_bytes, total_param_bytes: bytes.
    """

    _public_ = frozenset(
        {"total_input", "total_mult_adds", "total_output_bytes", "total_param_bytes", "total_params",
         "trainable_params"}
    )  # fmt: skip

    def __init__(
        self, layers: Sequence[Layer], total_input: int, columns: Sequence[str], depth: int
    ) -> None:
        self._layers = layers
        self._columns = columns
        self._depth = depth
        whole = layers[0]
        params = list(whole.module.parameters())
        self.total_input = total_input
        self.total_params = whole.params
        self.trainable_params = sum(p.numel() for p in params if p.requires_grad)
        self.total_param_bytes = sum(p.nbytes for p in params)
        self.total_mult_adds = whole.macs
        self.total_output_bytes = whole.written

    def __repr__(self) -> str:
        return "\n".join(self._lines())

    __str__ = __repr__

    def _lines(self) -> Iterable[str]:
        shown = [layer for layer in self._layers if layer.depth <= self._depth]
        titles = ["Layer (type:depth-idx)", *[_COLUMNS[name][0] for name in self._columns]]
        rows = [
            [_label(layer), *[_COLUMNS[name][1](layer, self._depth) for name in self._columns]]
            for layer in shown
        ]
        widths = [max(map(len, column)) + 2 for column in zip(titles, *rows)]
        line = "=" * (sum(widths) - 2)

        def drawn(cells: Sequence[str]) -> str:
            return "".join(c.ljust(w) for c, w in zip(cells, widths)).rstrip()

        yield from [line, drawn(titles), line, *map(drawn, rows), line]
        yield f"Total params: {self.total_params:,}"
        yield f"Trainable params: {self.trainable_params:,}"
        yield f"Non-trainable params: {self.total_params - self.trainable_params:,}"
        if self.total_mult_adds:
            yield f"Total mult-adds (M): {self.total_mult_adds / _MEGA:,.2f}"
        yield line
        if not self.total_input:
            return
        sizes = (self.total_input, self.total_output_bytes, self.total_param_bytes)
        names = ("Input size", "Forward pass size", "Params size")
        for name, size in zip(names, sizes):
            yield f"{name} (MB): {size / _MEGA:,.2f}"
        yield f"Estimated Total Size (MB): {sum(sizes) / _MEGA:,.2f}"
        yield line


def summary(
    model: Any, input_size: Any = None, input_data: Any = None, *, batch_dim: Any = None,
    depth: Any = 3, dtypes: Any = None, mode: Any = "eval", col_names: Any = _USUAL,
    device: Any = None, verbose: Any = 1,
) -> ModelStatistics:  # fmt: skip
    """Print a table of a model's layers: what they give, parameters, multiplications with additions.

    input_size: the shape of the input, batch included, or a list of shapes of several; batch_dim: where
    a batch of 1 is put in. input_data: inputs themselves, or a dict of keywords; of tensors the shape
    counts alone. Without either, parameters are told and nothing runs. depth: how far down. dtypes: of the
    inputs. mode: "eval" or "train". col_names: of input_size, output_size, num_params, mult_adds,
    trainable. verbose: 0 gives the table and prints nothing. Raises ArgumentError for what is none of
    these, and whatever the model raises.

    >>> summary(nn.Linear(4, 2), (8, 4), verbose=0).total_params
    10
    """
    effect("summary")
    if not isinstance(model, Module):
        raise ArgumentError(
            f"summary(): argument 'model' must be Module, not {type(model).__name__}"
        )
    columns = [_column(name) for name in col_names]
    depth = kinds.take("summary", "depth", ("int",), depth)
    verbose = kinds.take("summary", "verbose", ("int",), verbose)
    if mode not in ("eval", "train"):
        raise ArgumentError(f"summary(): mode is 'eval' or 'train', not {mode!r}", argument="mode")
    if input_size is None and input_data is None:
        layers, total_input = _unrun(model), 0
    else:
        layers, total_input = _run(
            model, mode, lambda: _inputs(input_size, input_data, batch_dim, dtypes)
        )
    made = ModelStatistics(layers, total_input, columns, depth)
    if verbose:
        host.write(f"{made}\n")
    return made


export("tcalc.summary", value=silent(summary))


def _column(name: object) -> str:
    if type(name) is not str or name not in _COLUMNS:
        raise ArgumentError(
            f"summary(): there is no column {name!r}",
            argument="col_names",
            hint=f"there are {', '.join(_COLUMNS)}",
        )
    return name


def _unrun(model: Module) -> list[Layer]:
    """The modules of a model, as it holds them."""
    layers: list[Layer] = []
    counts: dict[int, int] = {}

    def visit(module: Module, depth: int) -> None:
        counts[depth] = counts.get(depth, 0) + 1
        layer = Layer(module, depth, counts[depth], 1)
        layer.input = layer.output = _NONE
        layers.append(layer)
        for child in module.children():
            visit(child, depth + 1)

    visit(model, 0)
    return layers


def _run(
    model: Module, mode: str, inputs: Callable[[], tuple[list[Any], dict[str, Any]]]
) -> tuple[list[Layer], int]:
    """The calls of a model's modules in a dry run, and the bytes of the inputs."""
    layers: list[Layer] = []
    open_: list[tuple[Layer, int]] = []
    counts: dict[int, int] = {}
    calls: dict[int, int] = {}
    training = [(module, module.training) for module in model.modules()]
    with ExitStack() as stack:
        dry = stack.enter_context(Dry(restores=True))
        stack.enter_context(no_grad())

        def begins(module: Module, args: object) -> None:
            depth = len(open_)
            calls[id(module)] = calls.get(id(module), 0) + 1
            if calls[id(module)] == 1:
                counts[depth] = counts.get(depth, 0) + 1
            layer = Layer(module, depth, counts.get(depth, 1), calls[id(module)])
            layer.input = _shapes(args)
            layers.append(layer)
            open_.append((layer, len(dry.notes)))

        def ends(module: Module, args: object, output: object) -> None:
            layer, begun = open_.pop()
            layer.output = _shapes(output)
            layer.macs = sum(n.macs for n in dry.notes[begun:])
            layer.written = sum(n.written for n in dry.notes[begun:])

        for module, was in training:
            stack.callback(module.__dict__.__setitem__, "training", was)
            stack.callback(module.register_forward_pre_hook(begins).remove)
            stack.callback(module.register_forward_hook(ends).remove)
        model.train(mode == "train")
        args, keywords = inputs()
        total = sum(t.nbytes for t in tensors_in([*args, *keywords.values()]))
        try:
            model(*args, **keywords)
        except NotKnown as error:
            raise StateError(
                f"summary(): how the model goes on depends on values: {error}"
            ) from None
    return layers, total


def _inputs(size: Any, data: Any, batch_dim: Any, wanted: Any) -> tuple[list[Any], dict[str, Any]]:
    """The inputs of the model."""
    if data is not None:
        if isinstance(data, dict):
            return [], dict(data)
        return (list(data) if isinstance(data, (tuple, list)) else [data]), {}
    sizes = list(size) if size and isinstance(size[0], (tuple, list)) else [size]
    chosen = list(wanted) if wanted is not None else [dtypes.default.value] * len(sizes)
    made = []
    for one, dtype in zip(sizes, chosen):
        shape = list(as_size((one,)))
        if batch_dim is not None:
            shape.insert(kinds.take("summary", "batch_dim", ("int",), batch_dim), 1)
        made.append(lookup("torch.zeros")(tuple(shape), dtype=dtype))
    return made, {}


def _shapes(value: object) -> str:
    """The shape of a tensor, or those of the first few in a tuple, list or dict."""
    values = list(value.values()) if isinstance(value, dict) else value
    if isinstance(value, tuple) and len(value) == 1:
        (values,) = value
    found = [str(list(t._d.shape)) for t in tensors_in(values)]
    return found[0] if found else _NONE


def _params(layer: Layer, depth: int) -> str:
    """The parameters of a layer; where its own layers are told below, what is beside theirs."""
    if layer.times > 1:
        return _AGAIN
    own = layer.depth < depth and any(True for _ in layer.module.children())
    direct = sum(p.numel() for p in layer.module._parameters.values() if isinstance(p, Tensor))
    count = direct if own else layer.params
    return f"{count:,}" if count else _NONE


def _trainable(module: Module) -> str:
    flags = {p.requires_grad for p in module.parameters()}
    return _NONE if not flags else "Partial" if len(flags) > 1 else str(flags.pop())


def _label(layer: Layer) -> str:
    lead = "│    " * (layer.depth - 1) + "├─" if layer.depth else ""
    return f"{lead}{layer.name}" + (f": {layer.depth}-{layer.index}" if layer.depth else "")
