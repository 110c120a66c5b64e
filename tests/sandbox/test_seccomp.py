"""The filter, run here as the kernel runs it: on both machines, for every call of the table."""

from __future__ import annotations

import errno
import os
import re
import signal
from pathlib import Path

import pytest

from tcalc.sandbox import refusals, seccomp
from tcalc.sandbox.numbers import NEWEST, NUMBERS

from .children import needs_seccomp, python

PASS, KILL, ERROR = 0x7FFF0000, 0x80000000, 0x00050000
PID = 4242
MACHINES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
HIGH = 1 << 32  # what a filter that looked at it would be misled by


def run(steps: list[seccomp.Step], number: int, arguments: tuple[int, ...], machine: int) -> int:
    """What classic BPF answers about a call; a filter that the kernel would not take fails."""
    words = {0: number & 0xFFFFFFFF, 4: machine}
    for at in range(6):
        value = arguments[at] if at < len(arguments) else 0
        words[16 + 8 * at], words[20 + 8 * at] = value & 0xFFFFFFFF, value >> 32 & 0xFFFFFFFF
    at, register = 0, 0
    while True:
        operation, yes, no, operand = steps[at]
        assert 0 <= yes < 256 and 0 <= no < 256 and 0 <= operand < 1 << 32
        at += 1
        if operation == 0x20:
            register = words[operand]
        elif operation == 0x54:
            register &= operand
        elif operation == 0x05:
            at += operand
        elif operation == 0x15:
            at += yes if register == operand else no
        elif operation == 0x25:
            at += yes if register > operand else no
        else:
            assert operation == 0x06
            return operand


class Filter:
    """A filter for one machine, asked by name."""

    def __init__(self, machine: str, *, network: bool = False, gpu: bool = False) -> None:
        self.machine = machine
        self.steps = seccomp.program(machine, PID, network=network, gpu=gpu)

    def number(self, name: str) -> int | None:
        return NUMBERS[name][list(MACHINES).index(self.machine)]

    def asked(self, number: int, *arguments: int) -> str:
        answer = run(self.steps, number, arguments, MACHINES[self.machine])
        if answer == PASS:
            return "passes"
        assert answer & 0xFFFF0000 == ERROR
        return errno.errorcode[answer & 0xFFFF]

    def __call__(self, name: str, *arguments: int) -> str:
        number = self.number(name)
        return "EPERM" if number is None else self.asked(number, *arguments)


@pytest.fixture(params=MACHINES)
def machine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_filter_is_short_enough_and_ends(machine: str) -> None:
    for network in (False, True):
        for gpu in (False, True):
            steps = Filter(machine, network=network, gpu=gpu).steps
            assert len(steps) < 4096 and steps[-1] == (0x06, 0, 0, PASS)
            for at, (operation, yes, no, _) in enumerate(steps):
                if operation in (0x15, 0x25):
                    assert at + 1 + max(yes, no) < len(steps)


def test_what_is_refused_is_whatever_the_arguments(machine: str) -> None:
    asked = Filter(machine)
    conditional = refusals.demands(PID, network=False, gpu=False)
    for name in refusals.refused(conditional, network=False):
        for arguments in ((), (PID, PID, PID), (HIGH - 1,) * 6):
            assert asked(name, *arguments) == "EPERM", name
    assert asked("clone3") == asked("openat2") == "ENOSYS"
    assert refusals.refused(conditional, network=False) > {
        "execve", "execveat", "fork", "vfork", "ptrace", "process_vm_readv", "process_vm_writev",
        "socket", "connect", "bind", "sendmsg", "mount", "bpf", "perf_event_open", "kexec_load",
        "init_module", "finit_module", "keyctl", "io_uring_setup", "userfaultfd", "unshare",
        "setns", "pidfd_getfd", "pidfd_send_signal", "chmod", "truncate", "open_by_handle_at",
    }  # fmt: skip


def test_calls_that_are_not_in_the_table_pass_up_to_the_newest(machine: str) -> None:
    asked = Filter(machine)
    known = {asked.number(name) for name in NUMBERS}
    for number in range(NEWEST + 1):
        if number not in known:
            assert asked.asked(number) == "passes", number


@pytest.mark.parametrize("number", [NEWEST + 1, 999, 0x40000000, 0x40000000 | 59, HIGH - 1])
def test_calls_of_tomorrow_and_of_x32_are_not_there(machine: str, number: int) -> None:
    assert Filter(machine).asked(number) == "ENOSYS"


@pytest.mark.parametrize("other", [0x40000003, 0x40000028, 0xC00000F3, 0])
def test_another_machines_calls_end_the_process(machine: str, other: int) -> None:
    assert run(Filter(machine).steps, 1, (), other) == KILL


def test_threads_pass_and_processes_do_not(machine: str) -> None:
    asked = Filter(machine)
    thread = 0x3D0F00  # what glibc asks for
    assert asked("clone", thread) == "passes"
    assert asked("clone", thread | HIGH) == "passes"
    for flags in (
        signal.SIGCHLD,
        0x4000 | 0x100 | signal.SIGCHLD,
        0x10000000,
        0,
        thread & ~0x10000,
    ):
        assert asked("clone", flags) == "EPERM"


@pytest.mark.parametrize("name", ["kill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo"])
def test_signals_go_to_this_process_alone(machine: str, name: str) -> None:
    asked = Filter(machine)
    assert asked(name, PID, 15) == "passes"
    for other in (0, 1, HIGH - 1, PID + 1, -PID % HIGH):
        assert asked(name, other, 15) == "EPERM"
    assert asked("tkill", PID, 15) == "EPERM"


@pytest.mark.parametrize("name", ["prlimit64", "sched_setaffinity"])
def test_limits_are_this_processs(machine: str, name: str) -> None:
    asked = Filter(machine)
    assert [asked(name, pid) for pid in (0, PID, PID + 1)] == ["passes", "passes", "EPERM"]


@pytest.mark.parametrize(("name", "at"), [("open", 1), ("openat", 2)])
def test_files_are_not_emptied_by_reading_them(machine: str, name: str, at: int) -> None:
    asked = Filter(machine)
    if asked.number(name) is None:
        pytest.skip("this machine has no such call")
    before = (0,) * at
    for flags in (0, 1, 2, 0x201, 0x202, 0x241, 0x80000, 0x280241):
        assert asked(name, *before, flags) == "passes"
    for flags in (0x200, 0x240, 0x80200, 0x200 | HIGH):
        assert asked(name, *before, flags) == "EPERM"


def test_a_process_cannot_choose_to_outlive_its_parent(machine: str) -> None:
    asked = Filter(machine)
    assert [asked("prctl", option) for option in (1, 0x59616D61, 1 | HIGH)] == ["EPERM"] * 3
    assert [asked("prctl", option) for option in (15, 38, 0x53564D41)] == ["passes"] * 3


def test_terminals_are_asked_and_not_typed_into(machine: str) -> None:
    plain, gpu = Filter(machine), Filter(machine, gpu=True)
    for wanted in (0x5401, 0x5413, 0x5451):
        assert plain("ioctl", 1, wanted) == gpu("ioctl", 1, wanted) == "passes"
    for refused in (0x5412, 0x5412 | HIGH, 0x541C, 0x8901, 0xC0045877):
        assert plain("ioctl", 1, refused) == gpu("ioctl", 1, refused) == "EPERM"
    assert (plain("ioctl", 1, 0xC020462A), gpu("ioctl", 1, 0xC020462A)) == ("EPERM", "passes")
    assert [plain("fcntl", 1, command) for command in (1, 3, 1030)] == ["passes"] * 3
    assert [plain("fcntl", 1, command) for command in (8, 10, 15, 8 | HIGH)] == ["EPERM"] * 4


def test_the_network_is_opened_for_clients_of_the_internet(machine: str) -> None:
    shut, opened = Filter(machine), Filter(machine, network=True)
    for arguments in ((2, 1, 0), (10, 1 | 0x80000, 6), (2, 2 | 0x800, 17), (10, 2, 0)):
        assert (shut("socket", *arguments), opened("socket", *arguments)) == ("EPERM", "passes")
    for arguments in ((1, 1, 0), (16, 3, 0), (2, 3, 1), (2, 1, 262), (2, 5, 132), (17, 3, 0)):
        assert opened("socket", *arguments) == "EPERM"
    for name in ("connect", "sendto", "sendmmsg", "recvfrom", "recvmsg"):
        assert (shut(name, 3), opened(name, 3)) == ("EPERM", "passes")
    for name in ("bind", "listen", "accept", "accept4", "socketpair", "execve", "ptrace"):
        assert opened(name, 3) == "EPERM"


HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}


def test_the_numbers_are_the_kernels(machine: str) -> None:
    if not HEADERS[machine].exists():
        pytest.skip("the kernel's headers are not installed")
    text = HEADERS[machine].read_text()
    found = {
        match[1]: int(match[2])
        for match in re.finditer(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", text)
    }
    column = list(MACHINES).index(machine)
    compared = 0
    for name, numbers in NUMBERS.items():
        if name in found:
            compared += 1
            assert numbers[column] == found[name], name
    assert compared > 100


@needs_seccomp
def test_the_kernel_takes_every_filter() -> None:
    for network in (False, True):
        for gpu in (False, True):
            done = python(
                "import os\n"
                "from tcalc.sandbox import kernel, seccomp\n"
                "kernel.gain_no_privileges()\n"
                f"seccomp.restrict(network={network}, gpu={gpu})\n"
                "print(open('/proc/self/status').read())\n"
                "os.kill(os.getpid(), 15)\n"
            )
            assert "NoNewPrivs:\t1\n" in done.out and "Seccomp:\t2\n" in done.out
            assert done.status == -signal.SIGTERM


@needs_seccomp
@pytest.mark.skipif(os.uname().machine != "x86_64", reason="needs the calls of 32-bit x86")
def test_the_32_bit_calls_of_an_x86_end_the_process() -> None:
    """getpid by int 0x80, from machine code of our own."""
    script = """
import ctypes, mmap
from tcalc.sandbox import kernel, seccomp
code = bytes.fromhex("53b814000000cd805bc3")  # push rbx; mov eax, 20; int 0x80; pop rbx; ret
memory = mmap.mmap(-1, 4096, prot=7)
memory.write(code)
call = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(memory)))
print(call(), flush=True)
kernel.gain_no_privileges()
seccomp.restrict(network=False, gpu=False)
print("filtered", flush=True)
print(call(), flush=True)
"""
    done = python(script)
    if not done.out.endswith("filtered\n") and done.status == -signal.SIGSEGV:
        pytest.skip("this kernel has no 32-bit calls")
    assert done.status == -signal.SIGSYS and done.out.endswith("filtered\n"), done
