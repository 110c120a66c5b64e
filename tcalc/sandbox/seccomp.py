"""A seccomp filter: which system calls this process may make, from now on and for good.

The kernel runs a small program of classic BPF on the number and the arguments of every call. Ours
is assembled here from the tables of `refusals`: call by call a test with what it leads to, so that
no jump goes further than the end of its own block. Documentation/userspace-api/seccomp_filter.rst.
"""

from __future__ import annotations

import errno
import os
import sys

from tcalc.sandbox.numbers import NEWEST, NUMBERS
from tcalc.sandbox.refusals import ABSENT, Demand, demands, refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

# What the kernel calls the machines that the table of numbers knows, in its columns' order.
_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

_SET_MODE_FILTER, _GET_ACTION_AVAIL = 1, 2
# All threads, if there were more than one; and without the brake against speculation between
# processes that older kernels put on whoever has a filter.
_TSYNC, _SPEC_ALLOW = 1, 4

# Load a word of what is being asked, keep some bits of it, jump (always, if equal, if greater),
# answer.
_LOAD, _AND, _JUMP, _IF_EQUAL, _IF_GREATER, _ANSWER = 0x20, 0x54, 0x05, 0x15, 0x25, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_PASS, _KILL, _ERROR = 0x7FFF0000, 0x80000000, 0x00050000

Step = tuple[int, int, int, int]  # an instruction, how far to jump if so and if not, its operand


def available() -> bool:
    """Whether the kernel takes filters, and the table knows this machine's calls."""
    number = _number("seccomp")
    if number is None:
        return False
    try:
        from tcalc.sandbox import kernel

        kernel.call(number, _GET_ACTION_AVAIL, 0, _ERROR.to_bytes(4, "little"))
    except (ImportError, OSError):
        return False
    return True


def restrict(*, network: bool, gpu: bool) -> None:
    """Refuse this process what the tables say. OSError where the kernel does not do it."""
    from tcalc.sandbox import kernel

    steps = program(os.uname().machine, os.getpid(), network=network, gpu=gpu)
    code = b"".join(
        operation.to_bytes(2, "little") + bytes((yes, no)) + operand.to_bytes(4, "little")
        for operation, yes, no, operand in steps
    )
    filter = len(steps).to_bytes(8, "little") + kernel.address(code)
    kernel.call(_number("seccomp") or 0, _SET_MODE_FILTER, _TSYNC | _SPEC_ALLOW, filter)


def program(machine: str, pid: int, *, network: bool, gpu: bool) -> list[Step]:
    """The filter's instructions for a machine and a process.

    network: leave internet sockets to clients. gpu: leave what its driver asks of its devices.
    """
    column = list(_ARCHITECTURES).index(machine)
    steps: list[Step] = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_IF_EQUAL, 1, 0, _ARCHITECTURES[machine]),
        # Another machine's calls, as a 64-bit x86 has those of 32 bits, have other numbers.
        (_ANSWER, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
        # What is newer than the table; and x32's calls, whose numbers are above all others.
        (_IF_GREATER, 0, 1, NEWEST),
        (_ANSWER, 0, 0, _ERROR | errno.ENOSYS),
    ]
    conditions = demands(pid, network=network, gpu=gpu)
    never = refused(conditions, network=network)
    for name, numbers in NUMBERS.items():
        number = numbers[column]
        if number is None:
            continue
        if name in never:
            block = [_refuse(errno.EPERM)]
        elif name in ABSENT:
            block = [_refuse(errno.ENOSYS)]
        elif name in conditions:
            block = _conditions(conditions[name])
        else:
            continue
        steps += [(_IF_EQUAL, 0, len(block), number), *block]
    return [*steps, (_ANSWER, 0, 0, _PASS)]


def _conditions(wanted: Sequence[Demand]) -> list[Step]:
    """To pass if every demand is met."""
    block: list[Step] = []
    for demand in wanted:
        # The lower half of an argument comes first.
        block += [(_LOAD, 0, 0, _ARGUMENTS + 8 * demand.argument), (_AND, 0, 0, demand.mask)]
        # A value that is found leads past the other tests and what follows them: that is to
        # refuse, or, where none may be found, to go past the refusal.
        tests = len(demand.values)
        block += [(_IF_EQUAL, tests - at, 0, value) for at, value in enumerate(demand.values)]
        if not demand.among:
            block.append((_JUMP, 0, 0, 1))
        block.append(_refuse(errno.EPERM))
    return [*block, (_ANSWER, 0, 0, _PASS)]


def _refuse(code: int) -> Step:
    return (_ANSWER, 0, 0, _ERROR | code)


def _number(name: str) -> int | None:
    """The number of a call on this machine; None where the table does not know the machine."""
    machine = os.uname().machine
    # A 32-bit program on a 64-bit kernel makes other calls than the machine's name says.
    if machine not in _ARCHITECTURES or sys.maxsize < 1 << 32:
        return None
    return NUMBERS[name][list(_ARCHITECTURES).index(machine)]
