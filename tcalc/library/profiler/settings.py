"""The constants of torch.profiler: what to record, on which device, what to do at a step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.errors import AssertionProblem
from tcalc.runtime.arrays import cuda
from tcalc.runtime.base import kinds
from tcalc.runtime.base.modes import effect
from tcalc.runtime.base.registry import export
from tcalc.runtime.base.warning import warn

if TYPE_CHECKING:
    from collections.abc import Callable


class Constant:
    """One of a few values that have names; `CPU.name`, `CPU.value`."""

    __slots__ = ("name", "value")
    _public_ = frozenset({"name", "value"})

    def __init__(self, name: str, value: int) -> None:
        self.name = name
        self.value = value

    def __repr__(self) -> str:
        return f"<{self}: {self.value}>"

    def __str__(self) -> str:
        return f"{type(self).__name__}.{self.name}"

    @classmethod
    def _define(cls, names: str) -> None:
        for value, name in enumerate(names.split()):
            setattr(cls, name, cls(name, value))
        cls._public_ = cls._public_ | frozenset(names.split())


@export("torch.profiler.ProfilerActivity", home="torch._C._profiler")
class ProfilerActivity(Constant):
    """What a profiler records: the ops of the CPU, or what a GPU does too.

    >>> torch.profiler.ProfilerActivity.CPU
    <ProfilerActivity.CPU: 0>
    """

    __slots__ = ()
    CPU: ProfilerActivity
    CUDA: ProfilerActivity


@export("torch.profiler.DeviceType", "torch.autograd.DeviceType", home="torch._C._autograd")
class DeviceType(Constant):
    """Where an event took place.

    >>> torch.profiler.DeviceType.CPU
    <DeviceType.CPU: 0>
    """

    __slots__ = ()
    CPU: DeviceType
    CUDA: DeviceType


@export("torch.profiler.ProfilerAction", "torch.profiler.profiler.ProfilerAction",
        home="torch.profiler.profiler")  # fmt: skip
class ProfilerAction(Constant):
    """What a profiler does at a step, which its schedule says.

    >>> torch.profiler.ProfilerAction.RECORD
    <ProfilerAction.RECORD: 2>
    """

    __slots__ = ()
    NONE: ProfilerAction
    WARMUP: ProfilerAction
    RECORD: ProfilerAction
    RECORD_AND_SAVE: ProfilerAction
    DEVICE_STOPPED: ProfilerAction


ProfilerActivity._define("CPU XPU CUDA HPU MTIA PrivateUse1")
DeviceType._define("CPU CUDA")
ProfilerAction._define("NONE WARMUP RECORD RECORD_AND_SAVE DEVICE_STOPPED")


def supported_activities() -> set[ProfilerActivity]:
    """What can be recorded here: the CPU, and a GPU where there is one.

    >>> torch.profiler.ProfilerActivity.CPU in torch.profiler.supported_activities()
    True
    """
    effect("supported_activities")
    found = {ProfilerActivity.CPU}
    if cuda.count():
        found.add(ProfilerActivity.CUDA)
    return found


def kineto_available() -> bool:
    """Whether profiles can be recorded: always.

    >>> torch.profiler.kineto_available()
    True
    """
    return True


def schedule(
    *,
    wait: int,
    warmup: int,
    active: int,
    repeat: int = 0,
    skip_first: int = 0,
    skip_first_wait: int = 0,
) -> Callable[[int], ProfilerAction]:
    """What a profiler does at each step: `wait` steps nothing, then `warmup` and `active` ones.

    repeat: how often that is gone through, 0 for until the end. skip_first: steps before the first
    time; skip_first_wait: whether the first time begins without waiting. AssertionError for
    negative numbers, or no active steps.

    >>> plan = torch.profiler.schedule(wait=1, warmup=1, active=2, repeat=1)
    >>> [plan(step).name for step in range(5)]
    ['NONE', 'WARMUP', 'RECORD', 'RECORD_AND_SAVE', 'NONE']
    """
    wait, warmup, active = _int("wait", wait), _int("warmup", warmup), _int("active", active)
    repeat, skip_first = _int("repeat", repeat), _int("skip_first", skip_first)
    if min(wait, warmup, active - 1, repeat, skip_first) < 0:
        raise AssertionProblem(
            f"Invalid profiler schedule arguments. Got wait={wait} (need >= 0), warmup={warmup} "
            f"(need >= 0), active={active} (need > 0), repeat={repeat} (need >= 0), "
            f"skip_first={skip_first} (need >= 0)."
        )
    if not warmup:
        warn("Profiler won't be using warmup, this can skew profiler results")
    steps = wait + warmup + active

    def schedule_fn(step: int) -> ProfilerAction:
        if step < 0:
            raise AssertionProblem(f"Step must be non-negative. Got {step}.")
        if step < skip_first:
            return ProfilerAction.NONE
        turn, place = divmod(step - skip_first + (wait if skip_first_wait else 0), steps)
        if place < wait or 0 < repeat <= turn:
            return ProfilerAction.NONE
        if place < wait + warmup:
            return ProfilerAction.WARMUP
        return ProfilerAction.RECORD if place < steps - 1 else ProfilerAction.RECORD_AND_SAVE

    return schedule_fn


def _int(name: str, value: object) -> int:
    found: int = kinds.take("schedule", name, ("int",), value)
    return found


export("torch.profiler.schedule", "torch.profiler.profiler.schedule", value=schedule)
export("torch.profiler.kineto_available", "torch.autograd.kineto_available", value=kineto_available)
export("torch.profiler.supported_activities", "torch.profiler.profiler.supported_activities",
       value=supported_activities)  # fmt: skip
