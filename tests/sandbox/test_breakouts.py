"""With the language's wall opened on purpose, the system's still holds."""

from __future__ import annotations

import json
import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from .children import ABI, HERE, needs_both, opened

# How the wall refuses: not allowed, no such access, not across folders, no such call.
REFUSALS = {"EPERM", "EACCES", "EXDEV", "ENOSYS"}
# What must be possible without it anywhere, or nothing was shown.
SURE = {
    "shell", "popen", "fork", "spawn", "read_passwords", "read_outside", "list_outside",
    "read_from_a_thread", "write_outside", "move_in", "move_out", "remove_outside",
    "symbolic_link_and_read", "follow_a_link_that_was_there", "connect", "signal_the_parent",
    "write_into_a_library", "empty_a_module_by_reading_it", "change_mode_outside", "a_pair_of_sockets", "shared_memory", "null_device",
}  # fmt: skip


class Place(NamedTuple):
    """A folder with the program, one beside it, one with modules, and the port of a server."""

    inside: Path
    outside: Path
    modules: Path
    port: int


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    inside, outside, modules = (tmp_path / name for name in ("inside", "outside", "modules"))
    for folder in (inside, outside, modules):
        folder.mkdir()
    for name in ("module.py", "spare.py"):
        (modules / name).write_text("x = 1\n")
    for name in ("secret.txt", "spare.txt", "empty.txt", "moved.txt"):
        (outside / name).write_text("secret")
    (inside / "out").symlink_to(outside)
    shutil.copy(HERE / "breakouts.py", inside / "program.tcalc")
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield Place(inside, outside, modules, server.getsockname()[1])


def tried(place: Place, mode: str, *options: str) -> dict[str, str]:
    path = os.pathsep.join(filter(None, [str(place.modules), os.environ.get("PYTHONPATH")]))
    done = opened(
        *options, "run", "program.tcalc", place.outside, place.modules, place.port, mode,
        cwd=place.inside, environ={**os.environ, "PYTHONPATH": path},
    )  # fmt: skip
    assert done.out, done.err
    found: dict[str, str] = json.loads(done.out)
    return found


@needs_both
@pytest.mark.parametrize("options", [[], ["--timeout", "100"], ["--sandbox", "require"]])
def test_nothing_is_reached(place: Place, options: list[str]) -> None:
    found = tried(place, "walled", *options)
    assert len(found) > 90
    wrong = {name: how for name, how in found.items() if how.split()[-1] not in REFUSALS}
    assert wrong == {}
    assert sorted(path.name for path in place.outside.iterdir()) == [
        "empty.txt", "moved.txt", "secret.txt", "spare.txt",
    ]  # fmt: skip
    assert {path.read_text() for path in place.outside.iterdir()} == {"secret"}
    assert {path.name: path.read_text() for path in place.modules.iterdir()} == {
        "module.py": "x = 1\n", "spare.py": "x = 1\n",
    }  # fmt: skip


def test_without_the_wall_the_same_programs_get_there(place: Place) -> None:
    found = tried(place, "free", "--sandbox", "off")
    assert {name: found[name] for name in SURE if not found[name].startswith("reached")} == {}


@needs_both
def test_what_is_sent_as_standard_input_is_walled_too(place: Place) -> None:
    text = "open('a.txt', 'w').write('1'); open('../outside/b.txt', 'w')"
    done = opened(cwd=place.inside, stdin=text)
    assert (place.inside / "a.txt").exists()
    assert "PermissionError" in done.err and not (place.outside / "b.txt").exists()


@needs_both
def test_files_left_open_by_whoever_started_it_are_closed(place: Place) -> None:
    (place.inside / "p.tcalc").write_text("import os\nos.read(int(args[0]), 3)\n")
    with open(place.outside / "secret.txt") as file:
        number = file.fileno()
        free = opened("--sandbox", "off", "run", "p.tcalc", number, cwd=place.inside,
                      pass_fds=[number])  # fmt: skip
        done = opened("run", "p.tcalc", number, cwd=place.inside, pass_fds=[number])
    assert free.status == 0, free.err
    assert done.status == 1 and "Bad file descriptor" in done.err


@needs_both
@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs descriptors of processes")
@pytest.mark.parametrize("trick", ["os.close(number)", "os.write(number, b'x')"])
def test_no_trick_with_its_files_outlives_a_time_limit(place: Place, trick: str) -> None:
    program = f"""
import os, signal
signal.signal(signal.SIGALRM, signal.SIG_IGN)
for number in range(3, 64):
    try:
        {trick}
    except OSError:
        pass
print("tried", flush=True)
while True:
    pass
"""
    (place.inside / "p.tcalc").write_text(program)
    done = opened("--timeout", "0.4", "run", "p.tcalc", cwd=place.inside)
    assert (done.status, done.out) == (124, "tried\n")


@needs_both
@pytest.mark.skipif(ABI < 4, reason="Landlock bounds no TCP on this kernel")
def test_with_the_network_open_only_clients_of_https_are(place: Place) -> None:
    program = """
import json, os, socket
found = {}
def reach(name, work):
    try:
        work()
        found[name] = "reached"
    except OSError as error:
        found[name] = error.errno
reach("a socket", lambda: socket.socket().close())
reach("another port", lambda: socket.create_connection(("127.0.0.1", int(args[0])), 5))
reach("https", lambda: socket.create_connection(("127.0.0.1", 443), 5))
reach("names", lambda: socket.getaddrinfo("localhost", 443))
reach("certificates", lambda: __import__("ssl").create_default_context())
reach("unix", lambda: socket.socket(socket.AF_UNIX))
reach("raw", lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP))
reach("multipath", lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262))
reach("server", lambda: socket.create_server(("127.0.0.1", 0)))
reach("passwords", lambda: open("/etc/passwd"))
reach("a program", lambda: os.execv("/bin/true", ["true"]))
print(json.dumps(found))
"""
    (place.inside / "p.tcalc").write_text(program)
    done = opened("--allow-net", "run", "p.tcalc", place.port, cwd=place.inside)
    found = json.loads(done.out or "{}")
    assert done.status == 0, done.err
    refused = {name for name, how in found.items() if how in (1, 13)}
    assert refused == {
        "another port", "unix", "raw", "multipath", "server", "passwords", "a program",
    }  # fmt: skip
    # Nobody listens there, or somebody does: it was asked.
    assert found["https"] in ("reached", 111)
    assert {found[name] for name in ("a socket", "names", "certificates")} == {"reached"}
