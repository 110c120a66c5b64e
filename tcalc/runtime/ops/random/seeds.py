"""Seeds and states of the random number generators."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tcalc.errors import ArgumentError, StateError, ValueProblem
from tcalc.runtime.base.modes import effect, interpreters, mode
from tcalc.runtime.base.op import Data, Scalar
from tcalc.runtime.base.registry import export, silent
from tcalc.runtime.call.define import composite
from tcalc.runtime.ops.random import generator as random

if TYPE_CHECKING:
    from tcalc.runtime.tensor.tensor import Tensor
    from tcalc.runtime.types.devices import device

export("torch.Generator", value=random.Generator, home="torch._C")
export("torch.default_generator", "torch.random.default_generator",
       value=random.default_generator())  # fmt: skip


def generator_for(generator: random.Generator | None, where: device) -> random.Generator:
    """The generator that a draw on a device takes its numbers from."""
    if interpreters.count and mode.interpreter is not None:
        mode.interpreter.drawn()
    if generator is None:
        return random.default_generator(where.type)
    if type(generator) is not random.Generator:
        raise ArgumentError(
            f"generator must be a torch.Generator, not {type(generator).__name__}",
            argument="generator",
        )
    kind = generator.device.type
    if kind != where.type:
        raise StateError(
            f"Expected a '{where.type}' device type for generator but found '{kind}'",
            argument="generator",
        )
    return generator


@silent
@composite(
    names=("torch.manual_seed", "torch.random.manual_seed", "torch.cuda.manual_seed",
           "torch.cuda.manual_seed_all"),
 exempt={"samples": "reads or changes the generator"})  # fmt: skip
def manual_seed(seed: Scalar) -> random.Generator:
    """Start the generators of all devices from a seed: the same numbers follow each time.

    On the CPU they are PyTorch's own numbers.

    >>> manual_seed(0)
    >>> rand(2)
    tensor([0.4963, 0.7682])
    """
    effect("manual_seed")
    if isinstance(seed, complex) or not math.isfinite(seed):
        raise ValueProblem(f"a seed is a whole number, not {seed}", argument="seed")
    random.seed_all(int(seed))
    return random.default_generator()


@composite(
    names=("torch.seed", "torch.random.seed"), exempt={"samples": "reads or changes the generator"}
)
def seed() -> int:
    """Start the generators of all devices from a seed that the system chooses, and return it."""
    effect("seed")
    chosen = random.default_generator().seed()
    random.seed_all(chosen)
    return chosen


@composite(
    names=("torch.initial_seed", "torch.random.initial_seed"),
    exempt={"samples": "reads or changes the generator"},
)
def initial_seed() -> int:
    """The seed that the CPU's generator was last started from.

    >>> manual_seed(7)
    >>> initial_seed()
    7
    """
    effect("initial_seed")
    return random.default_generator().initial_seed()


@composite(
    names=("torch.get_rng_state", "torch.random.get_rng_state"),
    exempt={"samples": "reads or changes the generator"},
)
def get_rng_state() -> Tensor:
    """The state of the CPU's generator as bytes, in PyTorch's layout.

    >>> state = get_rng_state()
    >>> a = rand(3)
    >>> set_rng_state(state)
    >>> equal(a, rand(3))
    True
    """
    effect("get_rng_state")
    return random.default_generator().get_state()


@silent
@composite(
    names=("torch.set_rng_state", "torch.random.set_rng_state"),
    exempt={"samples": "reads or changes the generator"},
)
def set_rng_state(new_state: Data) -> None:
    """Put the CPU's generator back to a state that `get_rng_state` gave, here or in PyTorch."""
    effect("set_rng_state")
    random.default_generator().set_state(new_state)


@export("torch.random.fork_rng")
class fork_rng:
    """`with random.fork_rng():` what is drawn inside leaves the generators as they were."""

    __slots__ = ("_enabled", "_states")
    _public_: frozenset[str] = frozenset()

    def __init__(
        self, devices: object = None, enabled: bool = True, device_type: object = None
    ) -> None:
        self._enabled = enabled
        self._states: list[tuple[random.Generator, bytes]] = []

    def __enter__(self) -> None:
        effect("fork_rng")
        if self._enabled:
            generators = [random.default_generator(kind) for kind in ("cpu", "cuda")]
            self._states = [(g, g.state_bytes()) for g in generators]

    def __exit__(self, *error: object) -> None:
        for generator, state in self._states:
            generator.load_bytes(state)
