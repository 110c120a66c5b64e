"""What a program might try that has broken out of the language. Run as plain Python, see opened.py.

Arguments: a folder outside, one with modules, the port of a server, and "walled" or "free". Prints a JSON object: for
every attempt what came of it, "refused: …" or "reached: …". With "free" only those that do no harm
are tried: they show that without the wall each of them gets there.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import json
import mmap
import os
import platform
import resource
import shutil
import signal
import socket
import subprocess
import termios
import threading
from collections.abc import Callable
from pathlib import Path

from tcalc.sandbox.numbers import NUMBERS

outside, modules, port, mode = args  # noqa: F821 (a program is given them)
OUTSIDE = Path(outside)
SECRET = OUTSIDE / "secret.txt"
MODULES = Path(modules)
PARENT = os.getppid()

libc = ctypes.CDLL(None, use_errno=True)
attempts: dict[str, Callable[[], object]] = {}
harmless: dict[str, None] = {}  # in the order in which they stand


def attempt(function: Callable[[], object]) -> Callable[[], object]:
    """Something to try behind the wall alone."""
    attempts[function.__name__] = function
    return function


def control(function: Callable[[], object]) -> Callable[[], object]:
    """Something that does no harm where it succeeds."""
    harmless[function.__name__] = None
    return attempt(function)


def call(name: str, *arguments: object) -> int:
    """A system call by its name."""
    number = NUMBERS[name][0 if platform.machine() == "x86_64" else 1]
    if number is None:
        raise OSError(errno.ENOSYS, "no such call on this machine")
    words = [a if isinstance(a, (bytes, ctypes.Structure)) else ctypes.c_long(a) for a in arguments]
    result = libc.syscall(ctypes.c_long(number), *words)
    if result == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return int(result)


def in_a_thread(work: Callable[[], object]) -> object:
    """Do something in a thread that was made behind the wall."""
    found: list[object] = []

    def run() -> None:
        try:
            found.append(work())
        except OSError as error:
            found.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if isinstance(found[0], OSError):
        raise found[0]
    return found[0]


# -- programs --------------------------------------------------------------------------------------


@control
def shell() -> object:
    status = os.system("true")
    if status:
        raise PermissionError(errno.EPERM, f"status {status}")
    return status


@control
def popen() -> object:
    return subprocess.run(["true"], check=True)


@control
def fork() -> object:
    child = os.fork()
    if child == 0:
        os._exit(0)
    return os.waitpid(child, 0)


@control
def spawn() -> object:
    return os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0)


@attempt
def replace_this_process() -> object:
    return os.execv("/bin/true", ["true"])


@attempt
def vfork_by_number() -> object:
    return call("vfork")


@attempt
def clone_by_number() -> object:
    return call("clone", signal.SIGCHLD, 0, 0, 0, 0)


@attempt
def clone3_by_number() -> object:
    return call("clone3", b"\0" * 64, 64)


@attempt
def clone_into_namespaces() -> object:
    new_user = 0x10000000
    return call("clone", new_user | signal.SIGCHLD, 0, 0, 0, 0)


@attempt
def run_from_memory() -> object:
    image = os.memfd_create("image")
    os.write(image, b"#!/bin/true\n")
    empty_path = 0x1000
    return call("execveat", image, b"", 0, 0, empty_path)


@attempt
def run_what_was_written() -> object:
    with open("script.sh", "w") as file:
        file.write("#!/bin/sh\n")
    return os.execv("./script.sh", ["script.sh"])


# -- reading ---------------------------------------------------------------------------------------


@control
def read_passwords() -> object:
    return Path("/etc/passwd").read_text()


@control
def read_outside() -> object:
    return SECRET.read_text()


@control
def list_outside() -> object:
    return os.listdir(OUTSIDE)


@control
def list_root() -> object:
    return os.listdir("/")


@control
def list_home() -> object:
    return os.listdir(os.path.expanduser("~"))


@control
def list_attributes() -> object:
    return os.listxattr(SECRET)


@attempt
def read_an_attribute_by_number() -> object:
    room = ctypes.create_string_buffer(64)
    return call("lgetxattr", os.fsencode(SECRET), b"user.name", ctypes.addressof(room), 64)


@control
def where_another_process_keeps_its_locks() -> object:
    head, size = ctypes.c_void_p(), ctypes.c_size_t()
    return call("get_robust_list", PARENT, ctypes.addressof(head), ctypes.addressof(size))


@control
def climb() -> object:
    return Path("..", OUTSIDE.name, "secret.txt").read_text()


@control
def read_by_folder() -> object:
    folder = os.open(OUTSIDE, os.O_PATH)
    return os.read(os.open("secret.txt", os.O_RDONLY, dir_fd=folder), 9)


@control
def read_after_moving_there() -> object:
    before = os.getcwd()
    os.chdir(OUTSIDE)
    try:
        return Path("secret.txt").read_text()
    finally:
        os.chdir(before)


@control
def read_from_a_thread() -> object:
    return in_a_thread(SECRET.read_text)


@control
def run_from_a_thread() -> object:
    return in_a_thread(lambda: subprocess.run(["true"], check=True))


@control
def connect_from_a_thread() -> object:
    return in_a_thread(lambda: socket.create_connection(("127.0.0.1", int(port)), 5).close())


@control
def write_from_a_thread() -> object:
    return in_a_thread(lambda: (OUTSIDE / "thread.txt").write_text("x"))


@control
def open_again_by_path() -> object:
    held = os.open(SECRET, os.O_PATH)
    return os.read(os.open(f"/proc/self/fd/{held}", os.O_RDONLY), 9)


@control
def map_a_file() -> object:
    with open(SECRET, "rb") as file:
        return mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)[:4]


@control
def parents_environment() -> object:
    return Path(f"/proc/{PARENT}/environ").read_bytes()


@control
def parents_memory() -> object:
    return os.open(f"/proc/{PARENT}/mem", os.O_RDONLY)


@control
def own_memory_for_writing() -> object:
    return os.open("/proc/self/mem", os.O_RDWR)


@control
def root_of_the_parent() -> object:
    return os.listdir(f"/proc/{PARENT}/root")


@control
def random_device() -> object:
    return os.open("/dev/urandom", os.O_RDONLY)


@control
def null_device() -> object:
    return os.open("/dev/null", os.O_RDWR)


@control
def terminal_multiplexer() -> object:
    return os.open("/dev/ptmx", os.O_RDWR)


# -- writing ---------------------------------------------------------------------------------------


@control
def write_outside() -> object:
    return (OUTSIDE / "new.txt").write_text("x")


@control
def append_outside() -> object:
    with open(SECRET, "a") as file:
        return file.write("")


@control
def write_temporary() -> object:
    import tempfile

    with tempfile.TemporaryFile(dir="/tmp") as file:
        return file.write(b"x")


@control
def make_a_folder_outside() -> object:
    return (OUTSIDE / "folder").mkdir()


@control
def remove_outside() -> object:
    return (OUTSIDE / "spare.txt").unlink()


@control
def truncate_outside() -> object:
    return os.truncate(OUTSIDE / "empty.txt", 0)


@control
def move_in() -> object:
    return os.rename(OUTSIDE / "moved.txt", "moved.txt")


@control
def move_out() -> object:
    Path("mine.txt").write_text("x")
    return os.rename("mine.txt", OUTSIDE / "mine.txt")


@control
def link_in_and_read() -> object:
    os.link(SECRET, "hard.txt")
    return Path("hard.txt").read_text()


@control
def link_out() -> object:
    Path("mine2.txt").write_text("x")
    return os.link("mine2.txt", OUTSIDE / "mine2.txt")


@control
def symbolic_link_and_read() -> object:
    os.symlink(SECRET, "soft.txt")
    return Path("soft.txt").read_text()


@control
def follow_a_link_that_was_there() -> object:
    return Path("out", "secret.txt").read_text()


@control
def write_through_a_link_that_was_there() -> object:
    return Path("out", "new2.txt").write_text("x")


@control
def copy_out() -> object:
    Path("mine4.txt").write_text("x")
    return shutil.copy("mine4.txt", OUTSIDE)


@control
def write_into_a_library() -> object:
    return (MODULES / "module.py").write_text("x = 2\n")


@control
def empty_a_module_by_reading_it() -> object:
    return os.open(MODULES / "spare.py", os.O_RDONLY | os.O_TRUNC)


@control
def add_to_a_library() -> object:
    return (MODULES / "another.py").write_text("")


@control
def remove_from_a_library() -> object:
    return (MODULES / "spare.py").unlink()


@control
def move_inside_a_library() -> object:
    return os.rename(MODULES / "module.py", MODULES / "renamed.py")


@control
def write_into_the_installation() -> object:
    import tcalc

    path = Path(tcalc.__file__).with_name("__pycache__") / "breakout.txt"
    path.parent.mkdir(exist_ok=True)
    path.write_text("x")
    return path.unlink()


@control
def make_a_pipe() -> object:
    return os.mkfifo("fifo")


@control
def make_a_pipe_by_number() -> object:
    fifo = 0o010000
    return call("mknodat", -100, b"fifo2", fifo | 0o600, 0)


@attempt
def make_a_device() -> object:
    return os.mknod("device", 0o020600, os.makedev(1, 3))


@control
def make_a_socket_file() -> object:
    return os.mknod("socket", 0o140600)


@control
def change_mode_outside() -> object:
    return os.chmod(SECRET, 0o600)


@control
def change_mode_of_mine() -> object:
    Path("mine3.txt").write_text("x")
    return os.chmod("mine3.txt", 0o4755)


@control
def change_owner_outside() -> object:
    return os.chown(SECRET, os.getuid(), os.getgid())


@control
def change_times_outside() -> object:
    return os.utime(SECRET)


@attempt
def change_attributes_outside() -> object:
    return os.setxattr(SECRET, "user.x", b"1")


@control
def watch_outside() -> object:
    return call("inotify_init1", 0)


# -- the network -----------------------------------------------------------------------------------


@control
def connect() -> object:
    return socket.create_connection(("127.0.0.1", int(port)), 5).close()


@control
def send_a_datagram() -> object:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        return sock.sendto(b"x", ("127.0.0.1", int(port)))


@control
def listen() -> object:
    with socket.socket() as sock:
        return sock.bind(("127.0.0.1", 0))


@control
def unix_socket() -> object:
    return socket.socket(socket.AF_UNIX).close()


@control
def abstract_socket() -> object:
    with socket.socket(socket.AF_UNIX) as sock:
        return sock.bind("\0tcalc")


@control
def a_pair_of_sockets() -> object:
    return [sock.close() for sock in socket.socketpair()]


@control
def netlink() -> object:
    return socket.socket(socket.AF_NETLINK, socket.SOCK_RAW).close()


@control
def look_up_a_host() -> object:
    try:
        return socket.getaddrinfo("localhost", int(port))
    except socket.gaierror as error:  # it says no more than that it failed
        raise PermissionError(errno.EPERM, str(error)) from None


# -- other processes -------------------------------------------------------------------------------


@control
def signal_the_parent() -> object:
    return os.kill(PARENT, 0)


@control
def signal_the_group() -> object:
    return os.kill(0, 0)


@attempt
def signal_everybody() -> object:
    return os.kill(-1, 0)


@control
def signal_by_thread() -> object:
    return call("tgkill", PARENT, PARENT, 0)


@control
def signal_by_thread_alone() -> object:
    return call("tkill", PARENT, 0)


@control
def signal_by_descriptor() -> object:
    return signal.pidfd_send_signal(os.pidfd_open(PARENT), 0)


@control
def have_a_signal_sent() -> object:
    ours, _ = os.pipe()
    return fcntl.fcntl(ours, fcntl.F_SETOWN, PARENT)


@attempt
def trace_the_parent() -> object:
    attach = 16
    return call("ptrace", attach, PARENT, 0, 0)


@attempt
def be_traced() -> object:
    trace_me = 0
    return call("ptrace", trace_me, 0, 0, 0)


@attempt
def read_the_parents_memory() -> object:
    return call("process_vm_readv", PARENT, 0, 0, 0, 0, 0)


@control
def compare_with_the_parent() -> object:
    return call("kcmp", os.getpid(), os.getpid(), 2, 0, 0)


@control
def limit_the_parent() -> object:
    return resource.prlimit(PARENT, resource.RLIMIT_NOFILE)


@control
def outlive_the_parent() -> object:
    set_death_signal = 1
    return call("prctl", set_death_signal, 0, 0, 0, 0)


@control
def leave_the_session() -> object:
    os.setpgid(0, os.getpgid(0))
    return os.getpgid(0)


@control
def shared_memory() -> object:
    private, create = 0, 0o1000
    return call("shmget", private, 4096, create | 0o600)


@attempt
def keys_of_the_kernel() -> object:
    return call("keyctl", 0, -4, 1)


@control
def type_for_the_user() -> object:
    _, theirs = os.openpty()
    return fcntl.ioctl(theirs, termios.TIOCSTI, b"x")


@attempt
def type_by_standard_input() -> object:
    return fcntl.ioctl(0, termios.TIOCSTI, b"x")


@attempt
def type_for_the_user_with_high_bits() -> object:
    return call("ioctl", 0, 0x100000000 | termios.TIOCSTI, b"x")


# -- the kernel ------------------------------------------------------------------------------------


@attempt
def namespaces() -> object:
    new_user = 0x10000000
    return call("unshare", new_user)


@attempt
def mount() -> object:
    return call("mount", b"none", b".", b"tmpfs", 0, 0)


@attempt
def new_mount() -> object:
    return call("fsopen", b"tmpfs", 0)


@attempt
def change_root() -> object:
    return os.chroot(".")


@attempt
def programs_for_the_kernel() -> object:
    return call("bpf", 0, b"\0" * 64, 64)


@attempt
def counters() -> object:
    return call("perf_event_open", b"\0" * 128, 0, -1, -1, 0)


@attempt
def rings() -> object:
    return call("io_uring_setup", 4, b"\0" * 120)


@attempt
def faults() -> object:
    return call("userfaultfd", 0)


@attempt
def files_by_handle() -> object:
    return call("open_by_handle_at", -100, b"\0" * 16, 0)


@attempt
def other_rights() -> object:
    return os.setuid(os.getuid())


@attempt
def another_kind_of_process() -> object:
    return call("personality", 0x0400000)


@attempt
def a_call_of_tomorrow() -> object:
    result = libc.syscall(ctypes.c_long(9999), 0)
    raise OSError(ctypes.get_errno(), f"gave {result}")


@attempt
def calls_of_x32() -> object:
    """The number of getpid with x32's bit, where the filter must not look past the bit."""
    result = libc.syscall(ctypes.c_long(0x40000000 | 39))
    if result != -1:
        return result
    raise OSError(ctypes.get_errno(), "refused")


def outcome(function: Callable[[], object]) -> str:
    try:
        return f"reached: {function()!r:.60}"
    except (OSError, subprocess.SubprocessError) as error:
        code = getattr(error, "errno", None) or 0
        return f"refused: {errno.errorcode.get(code, code)}"


names = harmless if mode == "free" else attempts
print(json.dumps({name: outcome(attempts[name]) for name in names}))
