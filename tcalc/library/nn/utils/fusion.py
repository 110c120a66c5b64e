"""A batch norm taken into the layer before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.errors import ArgumentError, AssertionProblem
from tcalc.library.nn.utils.weight_norm import need_module
from tcalc.runtime.base.registry import export, silent
from tcalc.runtime.tensor.tensor import Parameter, Tensor

if TYPE_CHECKING:
    from tcalc.library.nn.module import Module

_HOME = "torch.nn.utils"


def fuse_conv_bn_weights(
    conv_w: Tensor, conv_b: Tensor | None, bn_rm: Tensor, bn_rv: Tensor, bn_eps: float,
    bn_w: Tensor | None, bn_b: Tensor | None, transpose: bool = False,
) -> tuple[Parameter, Parameter]:  # fmt: skip
    """The weight and bias of a convolution that gives what a batch norm makes of it.

    conv_w, conv_b: of the convolution. bn_rm, bn_rv: running mean and variance; bn_w, bn_b: weight
    and bias of the norm. transpose: of a transposed convolution.
    """
    for name, tensor in (("conv_w", conv_w), ("bn_rm", bn_rm), ("bn_rv", bn_rv)):
        _need_tensor(name, tensor)
    for name, part in (("conv_b", conv_b), ("bn_w", bn_w), ("bn_b", bn_b)):
        if part is not None:
            _need_tensor(name, part)
    scale = (bn_rv + bn_eps).rsqrt()
    if bn_w is not None:
        scale = scale * bn_w
    shape = [1] * conv_w.ndim
    shape[int(transpose)] = -1
    mean = bn_rm if conv_b is None else bn_rm - conv_b
    bias = -mean * scale if bn_b is None else bn_b - mean * scale
    return (
        Parameter((conv_w * scale.reshape(shape)).to(conv_w.dtype).detach(), conv_w.requires_grad),
        Parameter(
            bias.to(conv_w.dtype if conv_b is None else conv_b.dtype).detach(),
            True if conv_b is None else conv_b.requires_grad,
        ),
    )


def _need_tensor(name: str, value: object) -> None:
    if not isinstance(value, Tensor):
        raise ArgumentError(f"argument '{name}' must be Tensor, not {type(value).__name__}")


def fuse_linear_bn_weights(
    linear_w: Tensor, linear_b: Tensor | None, bn_rm: Tensor, bn_rv: Tensor, bn_eps: float,
    bn_w: Tensor, bn_b: Tensor,
) -> tuple[Parameter, Parameter]:  # fmt: skip
    """The same for a linear layer."""
    return fuse_conv_bn_weights(linear_w, linear_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b)


def _fused(layer: Module, bn: Module, transpose: bool) -> Module:
    for module in (layer, bn):
        if need_module(module).training:
            raise AssertionProblem("Fusion only for eval!")
    if bn.running_mean is None or bn.running_var is None:
        raise AssertionProblem("the batch norm has no running mean and variance")
    made: Module = object.__new__(type(layer))
    made.__dict__.update(layer.__dict__)
    for table in ("_parameters", "_buffers", "_modules"):
        made.__dict__[table] = dict(layer.__dict__[table])
    made.weight, made.bias = fuse_conv_bn_weights(
        layer.weight, layer.bias, bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias,
        transpose,
    )  # fmt: skip
    return made


@silent
def fuse_conv_bn_eval(conv: Module, bn: Module, transpose: bool = False) -> Module:
    """A convolution that gives what a batch norm makes of it; both in eval mode.

    transpose: of a transposed convolution.
    """
    return _fused(conv, bn, bool(transpose))


@silent
def fuse_linear_bn_eval(linear: Module, bn: Module) -> Module:
    """The same for a linear layer."""
    features = need_module(bn).num_features
    if need_module(linear).out_features != features and features != 1:
        raise AssertionProblem(
            "To fuse, linear.out_features == bn.num_features or bn.num_features == 1"
        )
    return _fused(linear, bn, False)


for _function in (
    fuse_conv_bn_weights, fuse_linear_bn_weights, fuse_conv_bn_eval, fuse_linear_bn_eval,
):  # fmt: skip
    export(f"{_HOME}.{_function.__name__}", f"{_HOME}.fusion.{_function.__name__}", value=_function)
