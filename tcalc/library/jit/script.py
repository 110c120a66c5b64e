"""`torch.jit.script` and `torch.jit.trace`: what makes script functions and modules."""

from __future__ import annotations

from typing import Any

from tcalc.errors import ArgumentError, StateError
from tcalc.library.jit.function import ScriptFunction
from tcalc.library.jit.modules import (
    RecursiveScriptModule,
    ScriptModule,
    TopLevelTracedModule,
)
from tcalc.library.jit.planned import OptimizedModule, Planned
from tcalc.library.nn.members import no_attribute
from tcalc.library.nn.module import Module
from tcalc.runtime.base.programs import is_users
from tcalc.runtime.base.registry import export


def script(
    obj: Any, optimize: None = None, _frames_up: int = 0, _rcb: None = None,
    example_inputs: Any = None,
) -> Any:  # fmt: skip
    """A function or a module as a static graph that can be kept in a file; a class as it is.

    The graph is made of the first call, as by `jit`: what the program says is its own Python, with
    all that tcalc has, so nothing has to be written in TorchScript's part of it.

    >>> @torch.jit.script
    ... def f(x):
    ...     return x * 2
    >>> f(tensor([1., 2.]))
    tensor([2., 4.])
    """
    if isinstance(obj, (ScriptFunction, ScriptModule, type)):
        return obj
    return _made(obj, RecursiveScriptModule, "script")


def trace(
    func: Any, example_inputs: Any = None, optimize: None = None, check_trace: bool = True,
    check_inputs: Any = None, check_tolerance: float = 1e-05, strict: bool = True,
    _force_outplace: bool = False, _module_class: None = None, _compilation_unit: None = None,
    example_kwarg_inputs: Any = None, _store_inputs: bool = True,
) -> Any:  # fmt: skip
    """A function or a module traced at once with example inputs; others are traced when they come.

    >>> f = torch.jit.trace(lambda x: x + 1, ones(2))
    >>> f(zeros(2))
    tensor([1., 1.])
    """
    if example_inputs is None and example_kwarg_inputs is None:
        raise StateError("example_kwarg_inputs should be a dict", argument="example_inputs")
    if example_kwarg_inputs is not None and not isinstance(example_kwarg_inputs, dict):
        raise StateError("example_kwarg_inputs should be a dict", argument="example_kwarg_inputs")
    made = func
    if not isinstance(func, (ScriptFunction, ScriptModule)):
        made = _made(func, TopLevelTracedModule, "trace")
    made(*_inputs(example_inputs), **(example_kwarg_inputs or {}))
    return made


def trace_module(
    mod: Any, inputs: Any, optimize: None = None, check_trace: bool = True,
    check_inputs: Any = None, check_tolerance: float = 1e-05, strict: bool = True,
    _force_outplace: bool = False, _module_class: None = None, _compilation_unit: None = None,
    example_inputs_is_kwarg: bool = False, _store_inputs: bool = True,
) -> Any:  # fmt: skip
    """A module traced with example inputs by the name of the method; `forward` becomes its plan.

    >>> m = torch.jit.trace_module(nn.Linear(2, 3), {"forward": ones(1, 2)})
    >>> m(ones(4, 2)).shape
    torch.Size([4, 3])
    """
    if not isinstance(mod, Module):
        raise ArgumentError(
            f"expected nn.Module as the first argument, not {type(mod).__name__}", argument="mod"
        )
    if not isinstance(inputs, dict):
        raise ArgumentError("inputs should be a dictionary of (method_name, input) pairs")
    made = TopLevelTracedModule(mod) if not isinstance(mod, ScriptModule) else mod
    for name, given in dict(inputs).items():
        if type(name) is not str or name[:1] == "_":
            raise ArgumentError(f"{name!r:.80} names no method", argument="inputs")
        if name != "forward" and not _is_method(mod, name):
            raise no_attribute(mod, name)
        kwargs = given if example_inputs_is_kwarg and isinstance(given, dict) else {}
        args = () if kwargs else _inputs(given)
        (made if name == "forward" else getattr(made, name))(*args, **kwargs)
    return made


def _is_method(mod: Module, name: str) -> bool:
    """Whether a program's class, of which a module is, has a method of this name."""
    kinds = type(mod.__dict__.get("_original", mod)).__mro__
    return any(is_users(kind) and name in kind.__dict__ for kind in kinds)


def script_method(fn: Any) -> Any:
    """Over a method of a class that derives from `ScriptModule`: it runs as a plan."""
    return fn if isinstance(fn, ScriptFunction) else ScriptFunction(_function(fn, "script_method"))


def script_if_tracing(fn: Any) -> Any:
    """Over a function that `trace` may meet: it runs as Python, whose `if`s are looked at anew."""
    return _function(fn, "script_if_tracing")


def _made(obj: Any, kind: type[RecursiveScriptModule], caller: str) -> Any:
    if isinstance(obj, OptimizedModule):
        obj = obj._modules["_orig_mod"]
    if isinstance(obj, Module):
        return kind(obj)
    return ScriptFunction(obj.function if isinstance(obj, Planned) else _function(obj, caller))


def _function(fn: Any, caller: str) -> Any:
    if not callable(fn):
        raise ArgumentError(f"{caller}() takes a function or a module, not {type(fn).__name__}")
    return fn


def _inputs(given: Any) -> tuple[Any, ...]:
    """Example inputs as the arguments of a call."""
    if given is None:
        return ()
    return tuple(given) if isinstance(given, (tuple, list)) else (given,)


export("torch.jit.script", value=script)
export("torch.jit.trace", value=trace)
export("torch.jit.trace_module", value=trace_module)
export("torch.jit.script_method", value=script_method)
export("torch.jit.script_if_tracing", value=script_if_tracing)
