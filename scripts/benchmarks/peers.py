"""Who runs the works: tcalc and its peers, each in an environment of its own under .bench/."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent.parent
BENCH = ROOT / ".bench"
TCALC = str(ROOT / ".venv" / "bin" / "tcalc")
THREADS = 2
# The package itself, from this checkout, as a venv's pip is told.
_SOURCES = {"tcalc": ("--config-settings", "editable_mode=compat", "-e", str(ROOT))}
# Without what would keep Python from caching bytecode, and libraries from their best code for the
# processor, as they have it on a user's machine.
_LEFT_OUT = ("PYTHON", "OPENBLAS_", "MKL_", "NPY_DISABLE_", "ONEDNN_", "ATEN_CPU_")
ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith(_LEFT_OUT)} | {
    "JAX_PLATFORMS": "cpu",
    "TORCHINDUCTOR_CACHE_DIR": str(BENCH / "compiled"),
    "OMP_NUM_THREADS": str(THREADS),
    "OPENBLAS_NUM_THREADS": str(THREADS),
    "MKL_NUM_THREADS": str(THREADS),
    "NUMEXPR_NUM_THREADS": str(THREADS),
}


class Peer(NamedTuple):
    """One that runs the works: a program, or Python with packages; the tcalc of .venv has neither.

    dialects: the texts that it runs. home: its environment, seen from .bench/, and `packages` what
    is in it. plan: whether it compiles the `f` of a text first. argument: what comes before a text
    that is an argument, and `file` what comes before a file.
    """

    name: str
    dialects: tuple[str, ...]
    home: str = ""
    packages: tuple[str, ...] = ()
    plan: bool = False
    program: str = ""
    argument: tuple[str, ...] = ()
    file: tuple[str, ...] = ()

    @property
    def suffix(self) -> str:
        """How the names of its programs end."""
        return ".py" if self.home else ".m" if "octave" in self.dialects else ".tcalc"

    @property
    def start(self) -> str:
        """The command that starts it."""
        return str(BENCH / self.home / "bin" / "python") if self.home else self.program or TCALC

    def missing(self) -> str:
        """Why it cannot take part, or "" where it can; its environment is made the first time."""
        if self.program and not shutil.which(self.program):
            return f"no {self.program} here"
        if self.home and not _made(self.home, self.packages):
            return f"{' '.join(self.packages)} could not be installed"
        if self.plan and self.home and not _compiler():
            return "no C++ compiler here"
        if self.plan and not self.home:
            known = subprocess.run([TCALC, "-q", "torch.compile"], capture_output=True)
            return "this tcalc has no torch.compile" if known.returncode else ""
        return ""

    def version(self) -> str:
        """What it is, with versions."""
        if not self.packages:
            words = _said([self.start, "--version"]).splitlines()[0].split()
            return f"{self.name} {next(w for w in words if w[0].isdigit())}"
        show = "import sys, importlib.metadata as m; print(*map(m.version, sys.argv[1:]))"
        names = [p.partition("=")[0] for p in self.packages]
        versions = _said([self.start, "-c", show, *names]).split()
        return ", ".join(f"{name} {version}" for name, version in zip(names, versions))


def _python(name: str, dialect: str, home: str, *packages: str, plan: bool = False) -> Peer:
    return Peer(name, (dialect,), home, packages, plan, argument=("-c",))


PEERS = (
    Peer("tcalc", ("torch", "python"), file=("-q",)),
    Peer("tcalc plan", ("torch",), plan=True, file=("-q",)),
    Peer(
        "tcalc, no llvmlite", ("torch",), "plain", ("tcalc",), argument=("-m", "tcalc"),
        file=("-m", "tcalc", "-q"),
    ),
    _python("PyTorch", "torch", "torch", "torch==2.13.0", "numpy"),
    _python("torch.compile", "torch", "torch", "torch==2.13.0", "numpy", plan=True),
    _python("JAX jit", "jax", "jax", "jax", "numpy"),
    _python("NumPy", "numpy", "../.venv", "numpy"),
    _python("numexpr", "numexpr", "numexpr", "numexpr", "numpy"),
    _python("autograd", "autograd", "autograd", "autograd", "numpy"),
    _python("MyGrad", "mygrad", "mygrad", "mygrad", "numpy"),
    Peer(
        "Octave", ("octave",), program="octave-cli", argument=("-q", "--eval"), file=("-q",)
    ),
    Peer("qalc", (), program="qalc", argument=("-t",)),
    _python("Python", "python", "../.venv"),
)  # fmt: skip


def before(program: str) -> tuple[Peer, ...]:
    """A tcalc of another checkout, and this one again: how much one program differs from itself."""
    return (
        Peer("before", ("torch", "python"), program=program, file=("-q",)),
        Peer("before, plan", ("torch",), program=program, plan=True, file=("-q",)),
        Peer("again", ("torch", "python"), file=("-q",)),
    )


def _compiler() -> bool:
    names = (os.environ.get("CXX", ""), "c++", "g++", "clang++")
    return any(name and shutil.which(name) for name in names)


def _made(home: str, packages: tuple[str, ...]) -> bool:
    """Whether the environment is there, or could be made now."""
    folder = BENCH / home
    python = str(folder / "bin" / "python")
    names = [p.partition("=")[0] for p in packages]
    look = "import sys, importlib.util as u; sys.exit(not all(map(u.find_spec, sys.argv[1:])))"
    if os.path.exists(python) and not subprocess.run([python, "-c", look, *names]).returncode:
        return True
    print(f"setting up .bench/{home}, once …", file=sys.stderr)
    wanted = [word for package in packages for word in _SOURCES.get(package, (package,))]
    install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wanted]
    for command in ([sys.executable, "-m", "venv", str(folder)], [python, *install]):
        if subprocess.run(command, env=ENVIRONMENT).returncode:
            return False
    return True


def _said(command: list[str]) -> str:
    return subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True).stdout
