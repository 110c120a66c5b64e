"""How soon Ctrl-C stops long works: `interrupt_times.py [NAME…]`, a table in Markdown.

Each work runs at a prompt on a pseudo-terminal and as a one-shot command. Ctrl-C is sent once it
is under way; the times are those until "Interrupted" is written at the prompt, and until the
command has ended. Then the session must still know its variables and compute rightly.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from typing import NamedTuple

import pexpect

COMMAND = [sys.executable, "-m", "tcalc"]
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LIMIT = ["--max-memory", "8G"]
# How long a work runs before Ctrl-C, and how long it may take to stop.
UNDER_WAY, PATIENCE = 0.7, 5.0


class Work(NamedTuple):
    """What is prepared, and the statement that is interrupted."""

    statement: str
    before: str = "0"


_CHAIN = "y = x\nfor i in range(400): y = (y * 1.0001 + 0.1).sin()"
WORKS = {
    "matmul": Work("x @ x", "x = rand(8000, 8000)"),
    "matmul of integers": Work("x @ x", "x = randint(0, 9, (5000, 5000))"),
    "matrix power": Work("linalg.matrix_power(x, 30)", "x = rand(3000, 3000)"),
    "bmm": Work("bmm(x, x)", "x = rand(400, 1000, 1000)"),
    "einsum": Work("einsum('bij,bjk->ik', x, x)", "x = rand(300, 1000, 1000)"),
    "a product's gradient": Work("grad((x @ x).sum(), x)", "x = rand(6000, 6000)"),
    "batched FFT": Work("fft.fft(x)", "x = rand(4000, 20000)"),
    "FFT in two dims": Work("fft.fft2(x)", "x = rand(6000, 8000)"),
    "one long FFT": Work("fft.fft(x)", "x = rand(50_000_017)"),
    "sort": Work("sort(x)", "x = rand(60_000_000)"),
    "sort of rows": Work("sort(x)", "x = rand(6000, 10000)"),
    "sort of doubles": Work("sort(x)", "x = rand(40_000_000, dtype=float64)"),
    "argsort": Work("argsort(x)", "x = rand(60_000_000)"),
    "topk": Work("for i in range(99): topk(x, 3)", "x = rand(60_000_000)"),
    "unique": Work("unique(x)", "x = randint(0, 10**9, (40_000_000,))"),
    "median": Work("for i in range(99): median(x)", "x = rand(40_000_000)"),
    "kthvalue": Work("for i in range(99): kthvalue(x, 5)", "x = rand(40_000_000)"),
    "searchsorted": Work("searchsorted(x, y)", "y = rand(40_000_000); x = sort(y).values;"),
    "gather": Work("for i in range(99): gather(x, 0, i0)",
                   "i0 = randint(0, 40_000_000, (40_000_000,)); x = rand(40_000_000)"),
    "index by a tensor": Work("for i in range(99): x[i0]",
                              "i0 = randint(0, 40_000_000, (40_000_000,)); x = rand(40_000_000)"),
    "scatter_add": Work("for i in range(99): z.scatter_add(0, i0, x)",
                        "i0 = randint(0, 40_000_000, (40_000_000,)); x = rand(40_000_000); "
                        "z = zeros(40_000_000)"),
    "index_add": Work("for i in range(99): z.index_add(0, i0, x)",
                      "i0 = randint(0, 9_000_000, (9_000_000,)); x = rand(9_000_000, 4); "
                      "z = zeros(9_000_000, 4)"),
    "conv1d": Work("F.conv1d(x, w)", "x = rand(8, 64, 200_000); w = rand(64, 64, 9)"),
    "conv2d": Work("F.conv2d(x, w)", "x = rand(32, 128, 112, 112); w = rand(256, 128, 3, 3)"),
    "conv_transpose2d": Work("F.conv_transpose2d(x, w)",
                             "x = rand(32, 128, 112, 112); w = rand(128, 128, 3, 3)"),
    "max_pool2d": Work("for i in range(99): F.max_pool2d(x, 3)", "x = rand(32, 64, 224, 224)"),
    "avg_pool2d": Work("for i in range(99): F.avg_pool2d(x, 3, 1)", "x = rand(32, 64, 224, 224)"),
    "cumsum": Work("for i in range(99): cumsum(x, 0)", "x = rand(100_000_000)"),
    "elementwise, deferred": Work("float(y.sum())", "x = rand(20_000_000)\n" + _CHAIN),
    "elementwise in place": Work("for i in range(999): x.mul_(1.01).sin_()", "x = rand(90_000_000)"),
    "a plan in a loop": Work("for i in range(10**6): f(x)",
                             "x = rand(3_000_000); f = jit(lambda x: (x.sin() * 2).exp().sum())"),
    "reductions": Work("for i in range(10**6): x.sum(), x.std()", "x = rand(100_000_000)"),
    "softmax": Work("for i in range(10**6): softmax(x, 0).sum()", "x = rand(60_000_000)"),
    "logsumexp of columns": Work("for i in range(99): logsumexp(x, 0)", "x = rand(8000, 8000)"),
    "random draws": Work("for i in range(99): randn(100_000_000)"),
    "randperm": Work("randperm(90_000_000)"),
    "multinomial": Work("for i in range(99): multinomial(x, 10**7, replacement=True)",
                        "x = rand(10**6)"),
    "creation": Work("for i in range(999): zeros(4 * 10**8).add_(1)"),
    "arange": Work("for i in range(99): arange(3 * 10**8)"),
    "tensor of a list": Work("for i in range(99): tensor(x)", "x = list(range(5_000_000));"),
    "tolist": Work("for i in range(99): x.tolist()", "x = rand(20_000_000)"),
    "cdist": Work("cdist(x, x)", "x = rand(15000, 300)"),
    "save npy": Work("for i in range(99): save(x, 'big.npy')", "x = rand(100_000_000)"),
    "load npy": Work("for i in range(99): load('big.npy') + 1",
                     "save(rand(100_000_000), 'big.npy')"),
    "save npz": Work("for i in range(99): save(x, 'big.npz')", "x = [rand(100_000_000)]"),
    "save csv": Work("save(x, 'big.csv')", "x = rand(3_000_000, 10)"),
    "load csv": Work("for i in range(99): load('mid.csv')",
                     "save(rand(400_000, 10), 'mid.csv')"),
    "save json": Work("save(x, 'big.json')", "x = rand(5_000_000)"),
    "load json": Work("for i in range(99): load('mid.json')", "save(rand(2_000_000), 'mid.json')"),
    "printing a list": Work("for i in range(99): len(str(x))", "x = list(range(10**7));"),
    "showing a dict": Work("x", "x = {i: [i] * 3 for i in range(10**6)};"),
    "repr of a tensor": Work("repr(x)", "set_printoptions(threshold=10**9); x = rand(10**7)"),
    "str of a huge integer": Work("for i in range(10**6): str(x)", "x = 7 ** 100_000"),
    "int of a long text": Work("for i in range(10**6): int(x)", "x = '7' * 90_000;"),
    "sum of a range": Work("sum(range(10**10))"),
    "sum of a map": Work("sum(map(abs, range(10**9)))"),
    "sorted range": Work("sorted(range(10**8), reverse=True)"),
    "sorted list": Work("sorted(x)", "x = rand(10**7, dtype=float64).tolist();"),
    "list of a range": Work("list(range(2 * 10**8))"),
    "tuple of a range": Work("tuple(range(2 * 10**8))"),
    "set of a range": Work("set(range(10**8))"),
    "dict of a zip": Work("dict(zip(range(10**8), range(10**8)))"),
    "max of a map": Work("max(map(abs, range(10**9)))"),
    "any of a range": Work("any(map(bool, filter(None, [0] * (3 * 10**8))))"),
    "in a range's map": Work("-1 in map(abs, range(10**9))"),
    "unpacking": Work("[*map(abs, range(3 * 10**8))]"),
    "max of a list": Work("for i in range(10**6): max(x)", "x = list(range(3 * 10**7));"),
    "text repeated": Work("for i in range(10**6): len('ab' * 10**9)"),
    "join": Work("for i in range(10**6): len(','.join(x))", "x = ['abc'] * (2 * 10**7);"),
    "find": Work("for i in range(10**6): x.find('aab')", "x = 'ab' * (2 * 10**8);"),
    "count": Work("for i in range(10**6): x.count('ba')", "x = 'ab' * (10**8);"),
    "replace": Work("for i in range(10**6): len(x.replace('b', 'cd'))", "x = 'ab' * (10**8);"),
    "split": Work("for i in range(10**6): len(x.split('b'))", "x = 'ab' * (3 * 10**7);"),
    "power of integers": Work("for i in range(10**6): 7 ** 100_000"),
    "a product of integers": Work("for i in range(10**6): x * x % 7", "x = 7 ** 50_000"),
    "pow with a modulus": Work("pow(3, x, x + 1)", "x = 7 ** 20_000"),
    "factorial": Work("for i in range(10**6): math.factorial(20_000)"),
    "itertools.product": Work("len(list(itertools.product(range(500), repeat=3)))",
                              "import itertools"),
    "functools.reduce": Work("functools.reduce(max, range(10**9))", "import functools"),
    "collections.Counter": Work("collections.Counter(range(10**8))", "import collections"),
    "deepcopy": Work("copy.deepcopy(x)", "import copy; x = [[i] for i in range(10**7)];"),
    "nested loops": Work("for i in range(10**5):\n  for j in range(10**5): pass\n"),
    "recursion": Work("f(60)", "f = lambda n: n if n < 2 else f(n - 1) + f(n - 2)"),
    "backward": Work("y.sum().backward()", "x = rand(3_000_000, requires_grad=True)\n" + _CHAIN),
    "jacobian": Work("jacobian(lambda v: (x @ v).sin(), rand(4000))", "x = rand(4000, 4000)"),
    "hessian": Work("hessian(lambda v: ((x @ v).sin() ** 2).sum(), rand(2000))",
                    "x = rand(2000, 2000)"),
    "svd": Work("linalg.svd(x)", "x = rand(2500, 2500)"),
    "many svds": Work("linalg.svd(x)", "x = rand(3000, 100, 100)"),
    "eig": Work("linalg.eig(x)", "x = rand(1500, 1500)"),
    "eigh": Work("linalg.eigh(x)", "x = rand(3000, 3000); x = x + x.T"),
    "inv": Work("linalg.inv(x)", "x = rand(6000, 6000)"),
    "solve": Work("linalg.solve(x, x)", "x = rand(6000, 6000)"),
    "cholesky": Work("for i in range(99): linalg.cholesky(x)",
                     "x = rand(5000, 5000) + 5000 * eye(5000); x = x + x.T"),
    "qr": Work("linalg.qr(x)", "x = rand(4000, 4000)"),
    "lu": Work("for i in range(99): linalg.lu_factor(x)", "x = rand(6000, 6000)"),
    "lstsq": Work("linalg.lstsq(x, x)", "x = rand(2500, 2000)"),
    "matrix_exp": Work("linalg.matrix_exp(x)", "x = rand(2500, 2500)"),
}  # fmt: skip


class Prompt:
    """A session at a pseudo-terminal."""

    def __init__(self, folder: str) -> None:
        environment = os.environ | {
            "XDG_STATE_HOME": folder, "TERM": "xterm", "PYTHONPATH": ROOT,
            "PROMPT_TOOLKIT_NO_CPR": "1",
        }  # fmt: skip
        self.child = pexpect.spawn(
            COMMAND[0], [*COMMAND[1:], "repl", "--color", "never", *LIMIT], env=environment, cwd=folder,
            encoding="utf-8", timeout=120, dimensions=(40, 100),
        )  # fmt: skip
        self.child.delaybeforesend = None
        self.child.expect_exact("Ctrl-D to leave")
        self.entered = 0
        self.enter("kept = 41")

    def paste(self, text: str) -> None:
        """Enter a text whole, whatever lines it has."""
        self.child.send(f"\x1b[200~{text}\x1b[201~")
        time.sleep(0.1)
        self.child.send("\r")
        self.child.send("\r")  # the empty line that ends a block

    def enter(self, text: str) -> None:
        """Enter a text and wait for it to be done."""
        self.entered += 1
        self.paste(f"{text}\nprint({self.entered} + 7_000_000)")
        self.child.expect_exact(str(self.entered + 7_000_000))

    def interrupted(self, statement: str) -> tuple[float, str]:
        """Seconds from Ctrl-C to the end of a statement, and what was said in between."""
        self.child.expect([r".+", pexpect.TIMEOUT], timeout=0.2)
        self.paste(statement)
        if not self.child.expect(["Error|Interrupted", pexpect.TIMEOUT], timeout=UNDER_WAY):
            return 0.0, f"failed: {self.child.buffer[:200]!r}"
        start = time.perf_counter()
        self.child.send("\x03")
        if self.child.expect_exact(["Interrupted", pexpect.TIMEOUT], timeout=PATIENCE):
            return PATIENCE, "never"
        seconds = time.perf_counter() - start
        self.child.expect([r"[^\r]*\r", pexpect.TIMEOUT], timeout=2)
        left = "cannot be cut" in str(self.child.after)
        return seconds, "one call, left to its end in the background" if left else ""

    def close(self) -> None:
        os.kill(self.child.pid, signal.SIGKILL)
        self.child.wait()


def at_the_prompt(work: Work, folder: str) -> tuple[float, str]:
    prompt = Prompt(folder)
    try:
        prompt.enter(work.before)
        seconds, said = prompt.interrupted(work.statement)
        if seconds < PATIENCE:
            prompt.child.send("\x15")
            prompt.enter("assert kept == 41 and (ones(300, 300) @ ones(300, 300)).sum() == 300**3")
        return seconds, said
    except (pexpect.TIMEOUT, pexpect.EOF) as error:
        return PATIENCE, f"lost: {type(error).__name__}"
    finally:
        prompt.close()


def as_a_command(work: Work, folder: str) -> tuple[float, int]:
    """Seconds from Ctrl-C to the end of a command, and its exit status."""
    program = f"{work.before}\nprint('under way', flush=True)\n{work.statement}\n"
    with open(os.path.join(folder, "work.tcalc"), "w", encoding="utf-8") as file:
        file.write(program)
    process = subprocess.Popen(
        [*COMMAND, *LIMIT, "work.tcalc"], cwd=folder, env=os.environ | {"PYTHONPATH": ROOT},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    for line in process.stdout:
        if b"under way" in line:
            break
    time.sleep(UNDER_WAY)
    start = time.perf_counter()
    process.send_signal(signal.SIGINT)
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
    return time.perf_counter() - start, process.wait()


def main(names: list[str]) -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever started us ignored it
    print("| Work | Prompt, ms | Command, ms | Remarks |\n| --- | ---: | ---: | --- |")
    for name, work in WORKS.items():
        if names and name not in names:
            continue
        with tempfile.TemporaryDirectory() as folder:
            there, said = at_the_prompt(work, folder)
            alone, status = as_a_command(work, folder)
        remarks = "; ".join(
            part for part in (said, "" if status == 130 else f"exit status {status}") if part
        )
        print(f"| {name} | {there * 1000:.0f} | {alone * 1000:.0f} | {remarks} |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
