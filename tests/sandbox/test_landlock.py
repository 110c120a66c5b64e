"""Rulesets fit the kernel's age, and grant what they say and no more."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tcalc.sandbox import landlock

from .children import ABI, needs_landlock, python

# The first ABI that knows a right, a restriction of the network, a scope (linux/landlock.h).
SINCE = {
    1: landlock.EXECUTE | landlock.MAKE_SYM | landlock.READ_DIR | landlock.REMOVE_DIR,
    2: landlock.REFER,
    3: landlock.TRUNCATE,
    5: landlock.IOCTL_DEV,
}


@pytest.mark.parametrize("abi", range(1, 10))
def test_a_kernel_is_asked_for_what_it_knows(abi: int) -> None:
    files, ports, scopes = landlock.handled(abi)
    for first, rights in SINCE.items():
        assert files & rights == (rights if abi >= first else 0)
    assert (ports, scopes) == (3 if abi >= 4 else 0, 3 if abi >= 6 else 0)
    # Every right is below the first that its ABI does not know.
    assert files < 1 << {1: 13, 2: 14, 3: 15, 4: 15}.get(abi, 16)


@pytest.mark.parametrize("abi", range(1, 10))
def test_the_struct_is_as_long_as_the_kernel_takes_it(abi: int) -> None:
    expected = landlock.handled(abi)[: 1 if abi < 4 else 2 if abi < 6 else 3]
    words = landlock.ruleset(abi)
    assert len(words) == 8 * len(expected)
    found = [int.from_bytes(words[at : at + 8], "little") for at in range(0, len(words), 8)]
    assert found == list(expected)


def test_what_is_granted_makes_no_devices_links_or_programs() -> None:
    never = (
        landlock.EXECUTE | landlock.MAKE_CHAR | landlock.MAKE_BLOCK | landlock.MAKE_FIFO
        | landlock.MAKE_SOCK | landlock.MAKE_SYM | landlock.REFER | landlock.IOCTL_DEV
    )  # fmt: skip
    assert not (landlock.READ | landlock.WRITE) & never
    assert not landlock.READ & ~(landlock.READ_FILE | landlock.READ_DIR)


RESTRICTED = """
import errno, json, os, sys
from tcalc.sandbox import kernel, landlock
abi, inside, outside, file = int(sys.argv[1]), *sys.argv[2:]
kernel.gain_no_privileges()
grants = [(inside, landlock.WRITE), (file, landlock.READ), ("/no/such/place", landlock.READ)]
landlock.restrict(grants, (), abi)
def outcome(work):
    try:
        work()
        return "done"
    except OSError as error:
        return errno.errorcode[error.errno]
def write(path):
    with open(path, "w") as file:
        file.write("x")
os.chdir(inside)
print(json.dumps({
    "write": outcome(lambda: write("a.txt")),
    "rename": outcome(lambda: os.replace("a.txt", "b.txt")),
    "make folder": outcome(lambda: os.mkdir("folder")),
    "remove": outcome(lambda: os.remove("b.txt")),
    "read file": outcome(lambda: open(file).read()),
    "write file": outcome(lambda: open(file, "a")),
    "beside it": outcome(lambda: open(os.path.join(outside, "other.txt"))),
    "list": outcome(lambda: os.listdir(outside)),
    "write outside": outcome(lambda: write(os.path.join(outside, "c.txt"))),
    "symlink": outcome(lambda: os.symlink("a", "link")),
    "fifo": outcome(lambda: os.mkfifo("fifo")),
    "truncate": outcome(lambda: os.truncate(os.path.join(outside, "other.txt"), 0)),
}))
"""


@needs_landlock
@pytest.mark.parametrize("abi", range(1, min(ABI, 7) + 1))
def test_every_abi_can_be_asked_for(abi: int, tmp_path: Path) -> None:
    """A newer kernel does for an older one's request what the older one does."""
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    for name in ("file.txt", "other.txt"):
        (outside / name).write_text("text")
    done = python(RESTRICTED, abi, inside, outside, outside / "file.txt")
    assert done.status == 0, done.err
    found = json.loads(done.out)
    for name in ("write", "rename", "make folder", "remove", "read file"):
        assert found.pop(name) == "done", name
    if abi < 3:  # only the filter refuses it there
        found.pop("truncate")
    assert set(found.values()) == {"EACCES"}, found


@needs_landlock
def test_a_grant_of_the_kernels_own_files_outlives_their_being_forgotten() -> None:
    """A rule holds the file, which /proc makes anew: it stays open for as long as the process."""
    done = python("""
import os
from tcalc.sandbox import kernel, landlock
kernel.gain_no_privileges()
landlock.restrict([("/proc/self/statm", landlock.READ), ("/usr", landlock.READ)], (), 1)
held = [os.readlink(f"/proc/self/fd/{n}") for n in range(3, 20) if os.path.islink(f"/proc/self/fd/{n}")]
assert held == [f"/proc/{os.getpid()}/statm"], held
""")
    assert done.status == 0, done.err
