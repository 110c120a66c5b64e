"""`torch.jit.ScriptFunction`: a function that runs as a plan and can be kept in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.library.host import host
from tcalc.library.jit.planned import Planned
from tcalc.runtime.base.modes import effect
from tcalc.runtime.base.registry import export

if TYPE_CHECKING:
    from tcalc.runtime.transform.plan.show import Graph


@export("torch.jit.ScriptFunction", home="torch.jit")
class ScriptFunction(Planned):
    """What `torch.jit.script` and `torch.jit.trace` make of a function.

    >>> @torch.jit.script
    ... def twice(x):
    ...     return x * 2
    >>> twice(ones(2)), twice.name
    (tensor([2., 2.]), 'twice')
    """

    _public_ = frozenset({"code", "graph", "inlined_graph", "name", "qualified_name", "save"})

    def __repr__(self) -> str:
        return f"<torch.jit.ScriptFunction {self.name}>"

    @property
    def name(self) -> str:
        """What the function is called."""
        return self.__name__

    @property
    def qualified_name(self) -> str:
        """The same with the module that PyTorch puts such functions into."""
        return f"__torch__.{self.__name__}"

    @property
    def inlined_graph(self) -> Graph:
        """The same as `graph`: calls of functions are always taken apart."""
        return self.graph

    @property
    def code(self) -> str:
        """The latest plan as the Python that runs; before a call, the function's own text."""
        return self.plans[0].text if self.plans else text_of(self.function)

    def save(self, f: object) -> None:
        """Write the function to a file, as `torch.jit.save` does."""
        effect("save")
        host.save_script(self, f)


def text_of(function: object) -> str:
    """The text that defined a function, or its name where that is not a program's."""
    return host.source(function) or f"{getattr(function, '__name__', type(function).__name__)}"
