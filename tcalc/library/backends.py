"""`torch.backends`: what stands behind the ops, as a build for the CPU answers, and its switches.

A switch keeps what it is given and says it again. None changes a number here: there is no cuDNN,
and every op gives the same numbers each time.
"""

from __future__ import annotations

from typing import Any

from tcalc.errors import StateError
from tcalc.runtime.base.modes import effect
from tcalc.runtime.base.op import Array
from tcalc.runtime.base.registry import export
from tcalc.runtime.base.setting import Setting
from tcalc.runtime.call.define import composite
from tcalc.runtime.ops.numerics import SETS, products


class Kept:
    """What a switch holds. kind: what it takes; setter: what PyTorch calls the one that refuses."""

    __slots__ = ("kind", "setter", "value")

    def __init__(self, value: Any, kind: type, setter: str) -> None:
        self.value = value
        self.kind = kind
        self.setter = setter

    def read(self) -> Any:
        """What it was last given."""
        return self.value

    def write(self, value: Any) -> None:
        """Keep a value of its kind."""
        if type(value) is not self.kind:
            raise StateError(
                f"{self.setter} expects a {self.kind.__name__}, but got {type(value).__name__}"
            )
        self.value = value


# By name: what it is at first, and PyTorch's setter.
SWITCHES = {
    "cudnn.enabled": (True, "set_enabled_cudnn"),
    "cudnn.benchmark": (False, "set_benchmark_cudnn"),
    "cudnn.benchmark_limit": (10, "set_benchmark_limit_cudnn"),
    "cudnn.deterministic": (False, "set_deterministic_cudnn"),
    "cudnn.allow_tf32": (True, "set_allow_tf32_cublas"),
    "mkldnn.enabled": (True, "set_enabled_mkldnn"),
    "mkldnn.deterministic": (False, "set_deterministic_mkldnn"),
    "mkldnn.allow_tf32": (False, "set_allow_tf32_onednn"),
    "cuda.matmul.allow_fp16_reduced_precision_reduction": (
        True, "set_allow_fp16_reduction_cublas",
    ),
    "cuda.matmul.allow_bf16_reduced_precision_reduction": (
        True, "set_allow_bf16_reduction_cublas",
    ),
    "cuda.matmul.allow_fp16_accumulation": (False, "set_allow_fp16_accumulation_cublas"),
}  # fmt: skip
_kept = {name: Kept(value, type(value), setter) for name, (value, setter) in SWITCHES.items()}
for _name, _switch in _kept.items():
    export(f"torch.backends.{_name}", value=Setting(_switch.read, _switch.write))


# It is another word for the precision of products.
def _allows_tf32() -> bool:
    return products.value != "highest"


def _allow_tf32(value: Any) -> None:
    if type(value) is not bool:
        raise StateError(f"set_allow_tf32_cublas expects a bool, but got {type(value).__name__}")
    products.value = "high" if value else "highest"


export("torch.backends.cuda.matmul.allow_tf32", value=Setting(_allows_tf32, _allow_tf32))


# -- what is there --------------------------------------------------------------------------------

# Libraries and devices that PyTorch may be built with, and tcalc is not.
_ABSENT = """
    cudnn.is_available cuda.is_built cuda.is_flash_attention_available mps.is_available mps.is_built
    mkl.is_available mkldnn.is_available openmp.is_available opt_einsum.is_available
    cusparselt.is_available kleidiai.is_available nnpack.is_available
"""


def _absent(name: str) -> None:
    def answer() -> bool:
        return False

    answer.__doc__ = f"Whether tcalc works with {name.split('.')[0]}, which it does not."
    answer.__name__ = answer.__qualname__ = name.rpartition(".")[2]
    answer.__module__ = f"torch.backends.{name.rpartition('.')[0]}"
    export(f"torch.backends.{name}", value=answer)


for _name in _ABSENT.split():
    _absent(_name)


def version() -> None:
    """The version of cuDNN: there is none."""
    return None


export("torch.backends.cudnn.version", value=version)


@composite(names=("torch.backends.cudnn.is_acceptable",), exempt={"samples": "always the same"})
def is_acceptable(tensor: Array) -> bool:
    """Whether cuDNN would work on a tensor: there is none.

    >>> torch.backends.cudnn.is_acceptable(ones(2))
    False
    """
    return False


# -- for a while ----------------------------------------------------------------------------------


class _Flags:
    """`with torch.backends.cudnn.flags(benchmark=True):` the switches are so inside."""

    __slots__ = ("_before", "_given")
    _public_: frozenset[str] = frozenset()

    def __init__(self, given: dict[str, Any]) -> None:
        self._given = given
        self._before: list[dict[str, Any]] = []

    def __enter__(self) -> None:
        effect("flags")
        self._before.append({name: _kept[name].value for name in self._given})
        for name, value in self._given.items():
            _kept[name].write(value)

    def __exit__(self, *error: object) -> None:
        for name, value in self._before.pop().items():
            _kept[name].value = value


def _given(**switches: Any) -> dict[str, Any]:
    """The switches of cuDNN that are given; what is None stays as it is."""
    return {f"cudnn.{name}": value for name, value in switches.items() if value is not None}


def flags(
    enabled: bool = False, benchmark: bool = False, benchmark_limit: int | None = 10,
    deterministic: bool = False, allow_tf32: bool = True,
) -> _Flags:  # fmt: skip
    """The switches of cuDNN inside a `with` block."""
    return _Flags(_given(enabled=enabled, benchmark=benchmark, benchmark_limit=benchmark_limit,
                         deterministic=deterministic, allow_tf32=allow_tf32))  # fmt: skip


export("torch.backends.cudnn.flags", value=flags)


def set_flags(
    _enabled: bool | None = None, _benchmark: bool | None = None, _benchmark_limit: int | None = None,
    _deterministic: bool | None = None, _allow_tf32: bool | None = None,
) -> None:  # fmt: skip
    """Set the switches of cuDNN that are given."""
    effect("set_flags")
    given = _given(enabled=_enabled, benchmark=_benchmark, benchmark_limit=_benchmark_limit,
                   deterministic=_deterministic, allow_tf32=_allow_tf32)  # fmt: skip
    for name, value in given.items():
        _kept[name].write(value)


export("torch.backends.cudnn.set_flags", value=set_flags)


# Ways to compute attention, by the word in their names: whether programs let them be used.
_attention = {word: Kept(True, bool, "set_sdp_use_math") for word in
              ("flash", "mem_efficient", "math", "cudnn")}  # fmt: skip


def _attention_switch(word: str, kept: Kept) -> None:
    def enable(enabled: bool) -> None:
        effect(f"enable_{word}_sdp")
        kept.write(enabled)

    enable.__doc__ = f"Let attention on a GPU be computed the {word} way or not: kept, told again."
    composite(name=f"enable_{word}_sdp", names=(f"torch.backends.cuda.enable_{word}_sdp",),
              exempt=SETS)(enable)  # fmt: skip

    def enabled() -> bool:
        effect(f"{word}_sdp_enabled")
        return bool(kept.value)

    enabled.__doc__ = f"Whether attention on a GPU may be computed the {word} way."
    composite(name=f"{word}_sdp_enabled", names=(f"torch.backends.cuda.{word}_sdp_enabled",),
              exempt=SETS)(enabled)  # fmt: skip


for _word, _way in _attention.items():
    _attention_switch(_word, _way)
