"""The generator of the GPU as programs ask for it; without one PyTorch's answers."""

from __future__ import annotations

from tcalc.runtime.arrays import cuda
from tcalc.runtime.base.modes import effect
from tcalc.runtime.base.op import Data, Device
from tcalc.runtime.call.define import composite
from tcalc.runtime.ops.random.generator import default_generator
from tcalc.runtime.tensor.tensor import Tensor

DRAWS = {"samples": "reads or changes the generator"}


@composite(names=("torch.cuda.get_rng_state", "torch.cuda.random.get_rng_state"), exempt=DRAWS)
def get_rng_state(device: Device = "cuda") -> Tensor:
    """The state of the GPU's generator; refused without one."""
    effect("get_rng_state")
    cuda.number_of(None)
    return default_generator("cuda").get_state()


@composite(names=("torch.cuda.get_rng_state_all", "torch.cuda.random.get_rng_state_all"),
           exempt=DRAWS)  # fmt: skip
def get_rng_state_all() -> list[Tensor]:
    """The states of all GPUs' generators.

    >>> len(torch.cuda.get_rng_state_all()) >= 0
    True
    """
    effect("get_rng_state_all")
    return [default_generator("cuda").get_state() for _ in range(min(cuda.count(), 1))]


@composite(names=("torch.cuda.set_rng_state", "torch.cuda.random.set_rng_state"), exempt=DRAWS)
def set_rng_state(new_state: Data, device: Device = "cuda") -> None:
    """Put the GPU's generator back to a state that `get_rng_state` gave."""
    effect("set_rng_state")
    default_generator("cuda").set_state(new_state)


@composite(names=("torch.cuda.initial_seed",), exempt=DRAWS)
def initial_seed() -> int:
    """The seed that the GPU's generator was last started from; refused without one."""
    effect("initial_seed")
    cuda.number_of(None)
    return default_generator("cuda").initial_seed()


@composite(names=("torch.cuda.seed", "torch.cuda.seed_all"), exempt=DRAWS)
def seed() -> None:
    """Start the GPU's generator from a seed that the system chooses."""
    effect("seed")
    default_generator("cuda").seed()
