"""The wall as the command raises it: when, around what, and that programs do not notice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tcalc.__main__ import main
from tcalc.options import UsageError, parse
from tcalc.sandbox import wall

from .children import ABI, FILTERS, needs_both, needs_landlock, needs_seccomp, python, tcalc

# Prints what is there at the moment when the wall is raised, then goes on.
WATCHED = """
import os, sys
from tcalc.sandbox import wall
def watched(*arguments, enclose=wall.enclose, **more):
    loaded = [name for name in ("numpy", "ctypes") if name in sys.modules]
    print("raised", len(os.listdir("/proc/self/task")), *loaded, file=sys.stderr, flush=True)
    enclose(*arguments, **more)
wall.enclose = watched
from tcalc.__main__ import main
main()
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "p.tcalc").write_text("print(norm([3, 4]))\n")
    (tmp_path / "x.csv").write_text("1,2\n3,4\n")
    (tmp_path / "five5.csv").write_text("1\n" * 5)
    return tmp_path


@pytest.mark.skipif(not os.path.exists("/proc/self/task"), reason="needs /proc")
@pytest.mark.parametrize(
    "argv",
    [
        ["p.tcalc"],
        ["run", "p.tcalc", "a"],
        [],
        ["--timeout", "100", "p.tcalc"],
        ["--max-memory", "2G", "--threads", "2", "p.tcalc"],
        ["-v", "x=x.csv", "-v", "y=ones(3)", "run", "p.tcalc"],
        ["--dtype", "float64", "--device", "cpu", "--seed", "1", "p.tcalc"],
        ["--json", "p.tcalc"],
        ["--color", "always", "--plain", "p.tcalc"],
        ["--sandbox", "require", "norm([3, 4])"],
        ["inspect", "five5.csv"],
    ],
)
def test_it_is_raised_before_any_thread_and_before_numpy(data: Path, argv: list[str]) -> None:
    done = python(WATCHED, *argv, cwd=data, stdin="print(norm([3, 4]))")
    assert (done.status, done.err) == (0, "raised 1\n")
    assert "5" in done.out


@needs_landlock
def test_inspecting_opens_the_files_alone(data: Path) -> None:
    (data / "link.csv").symlink_to("x.csv")
    done = tcalc("--sandbox", "require", "inspect", "x.csv", "link.csv", cwd=data)
    assert (done.status, done.err) == (0, "") and done.out.count("[2, 2]") == 2
    script = (
        "import os\nfrom tcalc.files import looking\n"
        "looking.sniff = looking.suffix_of = lambda _: os.listdir('.')\n"
        "from tcalc.__main__ import main\nmain()"
    )
    done = python(script, "inspect", "x.csv", cwd=data)
    assert done.status == 1 and "permission denied" in done.err.lower()


@pytest.mark.parametrize("argv", [["norm([3, 4])"], ["--sandbox", "off", "p.tcalc"], ["repl"]])
def test_it_stays_down_for_what_is_typed_and_where_it_is_told_to(
    data: Path, argv: list[str]
) -> None:
    done = python(WATCHED, *argv, cwd=data, stdin="norm([3, 4])\n")
    assert (done.status, done.err) == (0, "") and "5." in done.out


def test_plain_expressions_load_none_of_it() -> None:
    script = "import os, sys\nfrom tcalc.__main__ import main\n" \
        "os._exit = lambda status: print(*[m for m in sys.modules if 'sandbox' in m])\nmain()"  # fmt: skip
    assert python(script, "1 + 1").out.split("\n") == ["2", "", ""]


def test_a_program_of_plain_numbers_loads_no_ctypes(tmp_path: Path) -> None:
    (tmp_path / "p.tcalc").write_text("1 + 1\n")
    script = "import os, sys\nfrom tcalc.__main__ import main\n" \
        "os._exit = lambda status: print(*{'ctypes', 'numpy'} & sys.modules.keys())\nmain()"  # fmt: skip
    assert python(script, "p.tcalc", cwd=tmp_path).out == "2\n\n"


def test_a_process_that_is_somebody_elses_is_never_shut_in(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wall, "enclose", None)  # whoever calls it fails
    assert main([str(data / "p.tcalc")]) == 0
    assert main(["--sandbox", "require", str(data / "p.tcalc")]) == 2
    assert "not tcalc's own" in capsys.readouterr().err


def test_the_option_takes_three_words() -> None:
    assert parse(["1"]).sandbox == "auto"
    assert [parse(["--sandbox", word, "1"]).sandbox for word in ("auto", "require", "off")] == [
        "auto", "require", "off",
    ]  # fmt: skip
    with pytest.raises(UsageError):
        parse(["--sandbox", "on", "1"])


@pytest.mark.parametrize("lacking", ["landlock.version", "seccomp.available"])
def test_what_the_kernel_lacks_is_left_out_unless_required(data: Path, lacking: str) -> None:
    module = lacking.partition(".")[0]
    script = f"""
from tcalc.sandbox import {module}
{lacking} = lambda: 0
from tcalc.__main__ import main
main()
"""
    assert python(script, "p.tcalc", cwd=data) == (0, "tensor(5.)\n", "")
    done = python(script, "--sandbox", "require", "p.tcalc", cwd=data)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("tcalc: --sandbox require: no ") and done.err.count("\n") == 2
    assert "no " in python(script, "devices").out


@needs_seccomp
def test_one_part_that_fails_leaves_the_other(data: Path) -> None:
    script = """
import os
from tcalc.sandbox import kernel, landlock, wall
def refuse(*_):
    raise OSError(7, "too many layers")
landlock.restrict = refuse
{}
print(open("/proc/self/status").read())
"""
    done = python(script.format("wall.enclose(['.'])"))
    assert "Seccomp:\t2\n" in done.out and "NoNewPrivs:\t1\n" in done.out
    done = python(
        script.format("""
try:
    wall.enclose(['.'], required=True)
except wall.Missing as error:
    print(error)
""")
    )
    assert done.out.startswith("the kernel refuses it") or done.out.startswith("no Landlock")


def test_a_python_without_ctypes_runs_without_the_wall(data: Path) -> None:
    script = """
import sys
sys.modules["_ctypes"] = None
from tcalc.__main__ import main
main()
"""
    (data / "n.tcalc").write_text("1 + 1\n")
    assert python(script, "n.tcalc", cwd=data) == (0, "2\n", "")
    assert python(script, "--sandbox", "require", "n.tcalc", cwd=data).status == 2


@needs_both
def test_threads_that_run_already_are_said_where_it_is_required() -> None:
    done = python("""
import threading
from tcalc.sandbox import wall
end = threading.Event()
threading.Thread(target=end.wait).start()
try:
    wall.enclose(["."], required=True)
except wall.Missing as error:
    print(error)
end.set()
""")
    assert done.out == "2 threads run already, and would stay outside\n"


def test_the_prompt_cannot_have_it() -> None:
    done = tcalc("--sandbox", "require", "repl")
    assert done.status == 2 and "at the prompt" in done.err


def test_devices_says_what_this_system_has() -> None:
    line = tcalc("devices").out.splitlines()[-1]
    assert line.startswith("sandbox\t")
    assert (f"Landlock {ABI} (folders" in line) == bool(ABI)
    assert ("no seccomp" in line) != FILTERS


@needs_both
@pytest.mark.parametrize("options", [[], ["--timeout", "100", "--max-memory", "2G"]])
def test_programs_do_not_notice(data: Path, options: list[str]) -> None:
    program = """
manual_seed(0)
a = randn(150, 150)
print(allclose(a @ linalg.inv(a), eye(150), atol=1e-2))
torch.set_num_threads(1)
print((a @ a).shape)
torch.set_num_threads(2)
print(linalg.svd(a)[1].shape, special.zeta(tensor(2.0), tensor(1.0)), special.i0(ones(1)))
big = rand(300_000)
print((exp(big) * big).sum() > 0)
print(ones(3, dtype=torch.bfloat16) * 2)
print(jit(lambda t: (t * t).sum())(ones(3)))
save({"a": a, "b": ones(2)}, "out.npz")
save(a, "out.npy")
save(ones(2, 2), "out.csv")
save(zeros(2, 2), "out.csv")
print(load("out.npz")["b"], load("out.csv").sum(), x.sum())
"""
    (data / "p.tcalc").write_text(program)
    command = ["--plain", *options, "-v", f"x={data / 'x.csv'}", "run", "p.tcalc"]
    walled = tcalc("--sandbox", "require", *command, cwd=data)
    free = tcalc("--sandbox", "off", *command, cwd=data)
    assert walled == free and walled.status == 0, walled.err
    assert sorted(path.name for path in data.iterdir()) == [
        "five5.csv", "out.csv", "out.npy", "out.npz", "p.tcalc", "x.csv",
    ]  # fmt: skip


@needs_landlock
def test_the_programs_folder_and_named_files_are_open(data: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "sub").mkdir(parents=True)
    (data / "p.tcalc").write_text(
        "print(load('x.csv').sum(), y.sum())\nsave(y, 'sub/y.npy')\nprint(load('sub/y.npy').sum())"
    )
    named = tmp_path / "named"
    named.mkdir()
    (named / "y.csv").write_text("5,6\n")
    done = tcalc("-v", f"y={named / 'y.csv'}", "run", data / "p.tcalc", cwd=elsewhere)
    assert (done.status, done.out) == (0, "tensor(10) tensor(11)\ntensor(11)\n"), done.err


@needs_landlock
def test_a_folder_that_the_wall_closes_is_said(data: Path, tmp_path: Path) -> None:
    named = tmp_path / "named"
    named.mkdir()
    (named / "y.csv").write_text("5,6\n")
    (data / "p.tcalc").write_text(f"save(y, {str(named / 'y.csv')!r})\n")
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "p.tcalc").write_text((data / "p.tcalc").read_text())
    command = ["-v", f"y={named / 'y.csv'}", "run", "p.tcalc"]
    done = tcalc(*command, cwd=inside)
    assert done.status == 1 and "permission denied" in done.err
    assert f"closes this folder to programs; --allow {named} opens it" in " ".join(done.err.split())
    assert tcalc("--sandbox", "off", *command, cwd=inside).status == 0
    assert tcalc("--allow", named, *command, cwd=inside).status == 0


@needs_landlock
def test_a_folder_that_was_allowed_is_open_on_both_walls(data: Path, tmp_path: Path) -> None:
    allowed = tmp_path / "allowed"
    allowed.mkdir()
    inside = tmp_path / "inside"
    inside.mkdir()
    program = f"save(ones(2), {str(allowed / 'a.npy')!r})\nload({str(allowed / 'a.npy')!r}).sum()"
    done = tcalc(cwd=inside, stdin=program)
    assert done.status == 1 and f"open its folder: --allow {allowed}" in " ".join(done.err.split())
    done = tcalc("--sandbox", "require", "--allow", allowed, cwd=inside, stdin=program)
    assert (done.status, done.out) == (0, "2.0\n"), done.err
    assert tcalc("--allow", allowed / "none", "1").status == 2


@needs_landlock
def test_pipes_and_devices_are_no_data_behind_it_either(data: Path) -> None:
    os.mkfifo(data / "fifo.csv")
    (data / "p.tcalc").write_text("load('fifo.csv')\n")
    done = tcalc("p.tcalc", cwd=data)
    assert done.status == 1 and "a pipe, not a plain file" in done.err
    (data / "p.tcalc").write_text("load('/dev/zero')\n")
    assert tcalc("p.tcalc", cwd=data).status == 1


@needs_both
def test_a_time_limit_ends_a_program_behind_it(data: Path) -> None:
    for body in ("while True: x = 1", "sum(range(10**12))"):
        done = tcalc(
            "--sandbox", "require", "--timeout", "0.4", cwd=data, stdin=f"print(1)\n{body}"
        )
        assert done.status == 124
        assert done.err.startswith("TimedOut: timed out after 0.4 s\n --> <stdin>:")


@needs_both
@pytest.mark.parametrize("options", [[], ["--timeout", "100"]])
def test_an_interrupt_ends_a_program_behind_it(data: Path, options: list[str]) -> None:
    (data / "p.tcalc").write_text("print('begun')\nwhile True: x = 1\n")
    command = [sys.executable, "-m", "tcalc", "--sandbox", "require", *options, "p.tcalc"]
    with subprocess.Popen(
        command, cwd=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout and child.stdout.readline() == "begun\n"
        child.send_signal(signal.SIGINT)
        assert child.wait(30) == 130


@needs_both
def test_memory_is_limited_behind_it(data: Path) -> None:
    done = tcalc(
        "--sandbox", "require", "--max-memory", "300M", cwd=data, stdin="x = [0] * 10**9\n"
    )
    assert done.status == 1 and done.err.startswith("LimitError: ")


def test_what_a_child_tells_of_its_place_is_not_believed(data: Path) -> None:
    """A program that broke out writes anything into the memory that it shares with its parent."""
    script = """
import sys
from tcalc.command import limits, run
def execute(self, bound):
    self.watch._cells[0], self.watch._cells[1], self.watch._cells[2] = {place}
    sum(range(10 ** 12))
run._Run.execute = execute
from tcalc.__main__ import main
main()
"""
    for place in ("99, 5, 7", "1, -5, 1 << 60", "1, 1 << 40, 3", "-3, 0, 1"):
        done = python(script.format(place=place), "--timeout", "0.2", "p.tcalc", cwd=data)
        assert done.status == 124, done.err
        assert done.err.startswith("TimedOut: timed out after 0.2 s\n")
