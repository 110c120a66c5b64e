"""What the filter refuses, as data: system calls by name, and what the rest of them must not ask.

Everything that starts or touches other processes, talks to them, or changes what Landlock leaves
alone (owners, modes, times and attributes of files, mounts, the kernel). Threads stay, and so does
everything about memory and about files that are open.
"""

from __future__ import annotations

from tcalc.sandbox.numbers import NUMBERS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


class Demand:
    """That an argument of a call, as far as `mask` shows it, is one of `values`, or none of them.

    The kernel takes no more of these arguments than their lower half, and so does the filter.
    """

    __slots__ = ("among", "argument", "mask", "values")

    def __init__(
        self, argument: int, values: Sequence[int], mask: int = 0xFFFFFFFF, among: bool = True
    ) -> None:
        self.argument = argument
        self.values = values
        self.mask = mask
        self.among = among


_CLONE_THREAD = 0x10000
# What Python and C ask of open files: whether it is a terminal and how wide, how much there is to
# read, not to block, not to be handed on.
_TCGETS, _TCGETS2, _TIOCGWINSZ = 0x5401, 0x802C542A, 0x5413
_FIONREAD, _FIONBIO, _FIONCLEX, _FIOCLEX = 0x541B, 0x5421, 0x5450, 0x5451
# With a GPU, whose driver asks for anything, only the worst is refused: typing for whoever sits at
# the terminal (TIOCSTI, TIOCLINUX), taking it away, having signals sent, freezing a file system.
_WORST = (
    0x5412, 0x541C, 0x541D, 0x540E, 0x5410, 0x5423, 0x5437, 0x8901, 0x8902, 0xC0045877, 0xC0045878,
)  # fmt: skip
# How a file is opened: Landlock before its third version lets one be emptied by whoever may read it.
_O_ACCMODE, _O_TRUNC = 0x3, 0x200
_F_SETOWN, _F_SETSIG, _F_SETOWN_EX, _F_SETLEASE, _F_NOTIFY = 8, 10, 15, 1024, 1026
_PR_SET_PDEATHSIG, _PR_SET_PTRACER = 1, 0x59616D61
_AF_UNIX, _AF_INET, _AF_INET6 = 1, 2, 10
_STREAM, _DATAGRAM, _PACKETS, _TCP, _UDP = 1, 2, 5, 6, 17
_SOCKET_TYPES = 0xF
# What a client needs of sockets. Landlock bounds where TCP may connect to.
_OF_CLIENTS = frozenset(
    ("socket", "connect", "sendto", "sendmsg", "sendmmsg", "recvfrom", "recvmsg", "recvmmsg")
)
# A filter cannot look into their argument, a struct; C libraries go back to clone and openat.
ABSENT = frozenset(("clone3", "openat2"))
# Needed to raise the wall, and harmless: a further filter can only refuse more.
_PASSES = frozenset(("seccomp",))


def demands(pid: int, *, network: bool, gpu: bool) -> Mapping[str, Sequence[Demand]]:
    """The calls that pass under conditions: those, all of which must hold. pid: this process."""
    ours, ours_or_calling = Demand(0, (pid,)), Demand(0, (0, pid))
    emptied = (_O_TRUNC,), _O_ACCMODE | _O_TRUNC, False
    asked = (_TCGETS, _TCGETS2, _TIOCGWINSZ, _FIONREAD, _FIONBIO, _FIONCLEX, _FIOCLEX)
    found: dict[str, Sequence[Demand]] = {
        "clone": (Demand(0, (_CLONE_THREAD,), _CLONE_THREAD),),
        "kill": (ours,),
        "tgkill": (ours,),
        "rt_sigqueueinfo": (ours,),
        "rt_tgsigqueueinfo": (ours,),
        "open": (Demand(1, *emptied),),
        "openat": (Demand(2, *emptied),),
        "prlimit64": (ours_or_calling,),
        "sched_setaffinity": (ours_or_calling,),
        # To end with the parent stays as it was set, and nobody is asked to trace.
        "prctl": (Demand(0, (_PR_SET_PDEATHSIG, _PR_SET_PTRACER), among=False),),
        "ioctl": (Demand(1, _WORST, among=False) if gpu else Demand(1, asked),),
        "fcntl": (
            Demand(1, (_F_SETOWN, _F_SETSIG, _F_SETOWN_EX, _F_SETLEASE, _F_NOTIFY), among=False),
        ),
    }
    families = (_AF_UNIX,) * gpu + (_AF_INET, _AF_INET6) * network
    if families:
        found["socket"] = (
            Demand(0, families),
            Demand(1, (_STREAM, _DATAGRAM, _PACKETS), _SOCKET_TYPES),
            Demand(2, (0, _TCP, _UDP)),
        )
    if gpu:
        # CUDA begins to listen for debuggers, which nothing here accepts; Landlock bounds TCP.
        found |= {"bind": (), "listen": ()}
    return found


def refused(conditional: Iterable[str], *, network: bool) -> frozenset[str]:
    """The calls that never pass: those of the table but the ones that `demands` names."""
    passing = _PASSES | ABSENT | frozenset(conditional)
    return frozenset(NUMBERS) - passing - (_OF_CLIENTS if network else frozenset())
