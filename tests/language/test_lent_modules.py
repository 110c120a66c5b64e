"""What training scripts import around torch, and the built-ins that they use."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tcalc.language.builtins import Exit


@pytest.fixture
def here(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Programs that run in a folder of their own."""
    monkeypatch.chdir(tmp_path)
    return run


def tcalc(tmp_path: Path, program: str, *args: str, **options: Any) -> Any:
    """A program in a process of its own."""
    (tmp_path / "p.tcalc").write_text(program)
    command = [sys.executable, "-m", "tcalc", *args[:0], str(tmp_path / "p.tcalc"), *args]
    options = {"capture_output": True, "text": True, "timeout": 60, **options}
    return subprocess.run(command, cwd=tmp_path, env=_environment(), **options)


def _environment() -> dict[str, str]:

    root = str(Path(__file__).parents[2])
    return {**os.environ, "PYTHONPATH": root}


# -- files ----------------------------------------------------------------------------------------


def test_text_files(here, tmp_path: Path) -> None:
    here("""
with open('a.txt', 'w') as f:
    f.write('one\\n')
    f.writelines(['two\\n', 'three'])
    print(' end', file=f)
open('b.log', 'a').write('direct')
""")
    assert (tmp_path / "a.txt").read_text() == "one\ntwo\nthree end\n"
    assert (tmp_path / "b.log").read_text() == "direct"
    assert here.value("[line.strip() for line in open('a.txt')]") == ["one", "two", "three end"]
    assert here.value("open('a.txt').read(3), open('a.txt').readline()") == ("one", "one\n")
    assert here.value("open('a.txt').readlines()[1:] * 1") == ["two\n", "three end\n"]
    here("f = open('b.log', 'a', encoding='utf-8'); f.write(' more'); f.flush()")
    assert (tmp_path / "b.log").read_text() == "direct more"
    assert here.value("f.closed, f.mode, f.name, f.writable(), f.readable()") == (
        False, "a", "b.log", True, False,
    )  # fmt: skip
    here.fails("f.read()", OSError)
    here.fails("open('a.txt', 'x')", FileExistsError)
    here.fails("f.close(); f.write('x')", ValueError)


def test_a_file_left_open_is_written_at_the_end(here, tmp_path: Path) -> None:
    here("f = open('a.txt', 'w'); f.write('kept')")
    assert (tmp_path / "a.txt").read_text() == "kept"
    here.fails("g = open('b.txt', 'w'); g.write('half'); 1 / 0", ZeroDivisionError)
    assert (tmp_path / "b.txt").read_text() == "half"


def test_encodings_and_ends_of_lines(here, tmp_path: Path) -> None:
    (tmp_path / "l.txt").write_bytes("caf\xe9\r\nb\r\n".encode("latin-1"))
    assert here.value("open('l.txt', encoding='latin-1').read()") == "café\nb\n"
    assert here.value("open('l.txt', encoding='latin-1', newline='').read()") == "café\r\nb\r\n"
    here.fails("open('l.txt').read()", OSError)
    assert here.value("open('l.txt', errors='replace').read()") == "caf\ufffd\nb\n"
    here("open('m.txt', 'w', newline='\\r\\n').write('a\\nb')")
    assert (tmp_path / "m.txt").read_bytes() == b"a\r\nb"


def test_os_and_pathlib(here, tmp_path: Path) -> None:
    (tmp_path / "d" / "e").mkdir(parents=True)
    (tmp_path / "d" / "x.txt").write_text("x")
    (tmp_path / "d" / ".hidden.txt").write_text("x")
    (tmp_path / "d" / "out.txt").symlink_to("/etc/hostname")
    here("import os, glob, os.path as osp\nfrom pathlib import Path")
    assert here.value("os.listdir('d'), os.path.exists('d/.hidden.txt')") == (["e", "x.txt"], False)
    assert here.value("os.path.exists('/etc/passwd'), osp.isdir('d'), osp.isfile('d/x.txt')") == (
        False, True, True,
    )  # fmt: skip
    assert here.value("os.path.exists('d/out.txt'), os.path.exists('nothing')") == (False, False)
    assert here.value("osp.join('a', 'b'), osp.splitext('a/b.c'), osp.getsize('d/x.txt')") == (
        "a/b", ("a/b", ".c"), 1,
    )  # fmt: skip
    here("os.makedirs('m/n', exist_ok=True); os.makedirs('m/n', exist_ok=True); os.mkdir('k')")
    assert (tmp_path / "m" / "n").is_dir() and (tmp_path / "k").is_dir()
    here.fails("os.makedirs('m/n')", FileExistsError)
    here.fails("os.mkdir('q/r')", FileNotFoundError)
    assert here.value("[w for w in os.walk('d')]") == [("d", ["e"], ["x.txt"]), ("d/e", [], [])]
    assert here.value("glob.glob('d/*.txt'), glob.glob('**/x.txt', recursive=True)") == (
        ["d/x.txt"], ["d/x.txt"],
    )  # fmt: skip
    assert here.value("os.getcwd()") == str(tmp_path)
    here("os.environ['CUDA_VISIBLE_DEVICES'] = '0'")
    assert here.value("os.getenv('CUDA_VISIBLE_DEVICES'), os.environ.get('HOME')") == ("0", None)
    assert here.value("osp.expanduser('~/x'), os.cpu_count() > 0, os.sep") == ("~/x", True, "/")
    here("p = Path('d') / 'new' / 'y.txt'; p.parent.mkdir(parents=True); p.write_text('y')")
    assert here.value("p.read_text(), p.name, p.stem, p.suffix, str(p.parent), p.exists()") == (
        "y", "y.txt", "y", ".txt", "d/new", True,
    )  # fmt: skip
    assert here.value("sorted(str(q) for q in Path('d').rglob('*.txt'))") == [
        "d/new/y.txt", "d/x.txt",
    ]  # fmt: skip
    assert here.value("repr(p), p == Path('d/new/y.txt'), p.with_suffix('.md').name") == (
        "PosixPath('d/new/y.txt')", True, "y.md",
    )  # fmt: skip
    assert here.value("open(Path('d/x.txt')).read(), [str(q) for q in Path('d').iterdir()]") == (
        "x", ["d/e", "d/new", "d/x.txt"],
    )  # fmt: skip
    here("save(ones(2), Path('d') / 't.npy')")
    assert here.value("load(Path('d/t.npy')).tolist()") == [1.0, 1.0]


# -- streams, arguments, ends ---------------------------------------------------------------------


def test_prints_go_where_they_are_sent(run, capsys) -> None:
    program = """
import io, sys, contextlib
b = io.StringIO()
print('a', 1, file=b)
with contextlib.redirect_stdout(b):
    print('b')
    sys.stdout.write('c')
class W:
    def __init__(self): self.got = []
    def write(self, text): self.got.append(text)
w = W()
print('d', file=w)
print('e', file=sys.stderr)
sys.stdout.write('f')
"""
    assert run.output(program) == "f"
    assert capsys.readouterr().err == "e\n"
    assert run.value("b.getvalue(), w.got") == ("a 1\nb\nc", ["d\n"])
    assert run.value("io.StringIO('x\\ny').readlines()") == ["x\n", "y"]


def test_arguments_input_and_exit(tmp_path: Path) -> None:
    program = """
import sys, os
print(sys.argv[1:], os.path.basename(sys.argv[0]), len(sys.argv))
name = input('name? ')
print(name, sys.stdin.readline().strip(), list(sys.stdin))
try: input()
except EOFError as e: print('end', e)
try: exit(4)
except SystemExit as e: print(e.code)
sys.exit('over')
"""
    done = tcalc(tmp_path, program, "a", "-b", input="Ann\nnext\nx\ny\n")
    assert done.stdout == (
        "['a', '-b'] p.tcalc 3\nname? Ann next ['x\\n', 'y\\n']\nend EOF when reading a line\n4\n"
    )
    assert (done.stderr, done.returncode) == ("over\n", 1)


@pytest.mark.parametrize(
    ("text", "status"),
    [("exit()", 0), ("quit(3)", 3), ("raise SystemExit", 0), ("raise SystemExit(5)", 5),
     ("import sys; sys.exit(258)", 2), ("raise SystemExit('no')", 1)],
)  # fmt: skip
def test_statuses(run, text: str, status: int) -> None:
    error = run.fails(text, Exit)
    assert isinstance(error, Exit) and error.status == status


def test_no_input_where_it_is_the_program() -> None:
    command = [sys.executable, "-m", "tcalc"]
    program = "try: input()\nexcept EOFError: print('none')\n1\n"
    done = subprocess.run(command, input=program, capture_output=True, text=True, timeout=60)
    assert done.stdout == "none\n1\n"


def test_argparse(run) -> None:
    run("""
import argparse
parser = argparse.ArgumentParser(description='Trains', prog='p')
parser.add_argument('--lr', type=float, default=0.1, help='step size (%(default)s)')
parser.add_argument('--no-cuda', action='store_true')
parser.add_argument('-n', '--sizes', nargs='+', type=int, default=[1])
parser.add_argument('--arch', choices=['a', 'b'], default='a')
parser.add_argument('--flag', action=argparse.BooleanOptionalAction)
parser.add_argument('files', nargs='*')
group = parser.add_mutually_exclusive_group()
group.add_argument('-x', action='store_true')
group.add_argument('-y', action='store_true')
args = parser.parse_args(['--lr', '0.5', '-n', '3', '4', '--no-cuda', '--no-flag'])
""")
    assert run.value("repr(args)") == (
        "Namespace(lr=0.5, no_cuda=True, sizes=[3, 4], arch='a', flag=False, files=[], x=False, "
        "y=False)"
    )
    assert run.value("args.lr, 'lr' in args, vars(args)['arch']") == (0.5, True, "a")
    assert run.value("(args.sizes * 2).tolist()") == [6, 8]
    run("args.device = 'cpu'; args.lr = 1")
    assert run.value("args.device, args.lr") == ("cpu", 1)
    assert run.value("parser.parse_known_args(['--zz', '3'])[1]") == ["--zz"]
    assert run.value("parser.parse_args([]) == parser.parse_args([])") is True
    assert "step size (0.1)" in run.output("parser.print_help()")
    for given in ("['--arch', 'c']", "['--lr', 'x']", "['-x', '-y']", "['--zz']"):
        error = run.fails(f"parser.parse_args({given})", Exit)
        assert isinstance(error, Exit) and error.status == 2
    run("""
subs = parser.add_subparsers(dest='command')
train = subs.add_parser('train', help='train it')
train.add_argument('--epochs', type=int, required=True)
""")
    assert run.value("parser.parse_args(['train', '--epochs', '3']).epochs") == 3


# -- texts and data -------------------------------------------------------------------------------

VALUES: list[Any] = [
    {"a": [1, 2.5, None, True, {"b": "ü\n\x07"}], "inf": float("inf")}, [], {}, [[]], "x", -3, 1e300,
    {"1": {"2": {"3": []}}}, 10**30, "\ud83d\ude00", [1.0, -0.0],
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize(
    "options",
    [
        "",
        "indent=2",
        "indent='\\t'",
        "separators=(',', ':')",
        "sort_keys=True",
        "ensure_ascii=False",
    ],
)
def test_json_is_written_as_pythons(run, value: Any, options: str) -> None:
    expected = eval(f"json.dumps(value, {options})", {"json": json, "value": value})
    run.session.variables["value"] = value
    assert run.value(f"import json; json.dumps(value, {options})") == expected
    assert run.value(f"json.loads(json.dumps(value, {options}))") == json.loads(expected)


def test_json_in_files_and_with_functions(here, tmp_path: Path) -> None:
    here("""
import json
import os
import re
with open('c.json', 'w') as f: json.dump({'lr': [0.1]}, f, indent=1)
with open('c.json') as f: c = json.load(f)
d = json.dumps({'t': tensor([1, 2])}, default=lambda t: t.tolist())
e = json.loads('{"a": {"b": [1]}}', object_hook=lambda d: sorted(d.items()))
try: json.loads('{')
except json.JSONDecodeError as error: where = error.pos
""")
    assert here.value("c, d, e, where, c['lr'] * 2") == (
        {"lr": [0.1]}, '{"t": [1, 2]}', [("a", [("b", [1])])], 1, [0.1, 0.1],
    )  # fmt: skip


def test_patterns(run) -> None:
    run("""
import re
m = re.match(r'(?P<name>\\w+) (\\d+)', 'abc 123 d')
p = re.compile('b+', re.I)
""")
    assert run.value("m.group(1), m['name'], m.groups(), m.groupdict(), m.span(2), m.end()") == (
        "abc", "abc", ("abc", "123"), {"name": "abc"}, (4, 7), 7,
    )  # fmt: skip
    assert run.value("p.split('aBbc'), p.sub('-', 'aBbc'), p.findall('abBcb'), p.pattern") == (
        ["a", "c"], "a-c", ["bB", "b"], "b+",
    )  # fmt: skip
    assert run.value("re.sub(r'\\d', lambda m: str(int(m.group()) * 2), 'a1b2')") == "a2b4"
    assert run.value("[m.start() for m in re.finditer('b', 'abab')], re.escape('a.b')") == (
        [1, 3], "a\\.b",
    )  # fmt: skip
    assert run.value("re.split('[,;]', 'a,b;c'), re.fullmatch('a+', 'aab'), p.search('xb', 2)") == (
        ["a", "b", "c"], None, None,
    )  # fmt: skip
    assert run.value("type(p) is re.Pattern, isinstance(m, re.Match), p.groupindex") == (
        True, True, {},
    )  # fmt: skip
    assert "unterminated" in str(run.fails("re.compile('(')"))


def test_a_pattern_that_explodes_ends_with_the_limit(tmp_path: Path) -> None:
    (tmp_path / "p.tcalc").write_text("import re; re.match('(a+)+$', 'a' * 60 + 'b')")
    command = [sys.executable, "-m", "tcalc", "--timeout", "0.5", str(tmp_path / "p.tcalc")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 124 and "re.match" in done.stderr


def test_dates(run) -> None:
    run("""
import datetime, time
from datetime import datetime as dt, timedelta
a = dt(2020, 1, 2, 3, 4, 5)
""")
    assert run.value("str(a), a.strftime('%Y-%m'), f'{a:%H:%M}', str(a.date())") == (
        "2020-01-02 03:04:05", "2020-01", "03:04", "2020-01-02",
    )  # fmt: skip
    assert run.value("(a + timedelta(days=1) - a).total_seconds(), a.weekday()") == (86400.0, 3)
    assert run.value("dt.strptime('2020-05-06', '%Y-%m-%d') > a, dt.now() > a") == (True, True)
    assert run.value("type(a) is dt, isinstance(a.date(), datetime.date), repr(dt)") == (
        True, True, "<class 'datetime.datetime'>",
    )  # fmt: skip
    assert run.value("len(time.strftime('%Y%m%d')), time.localtime(0).tm_year in (1969, 1970)") == (
        8, True,
    )  # fmt: skip


def test_inspect_tells_what_functions_take(run) -> None:
    run("""
import inspect, torch
def f(a, /, b=2, *args, c, d='x', **kw):
    '''Doc.

    More.'''
class C:
    def __init__(self, x, y=1): self.x = x
    def m(self, q, *, r=None): pass
empty = inspect.Parameter.empty
""")
    assert run.value("str(inspect.signature(f))") == "(a, /, b=2, *args, c, d='x', **kw)"
    assert run.value("[str(inspect.signature(v)) for v in (C, C(1).m, C.m, lambda *, k: 0)]") == [
        "(x, y=1)", "(q, *, r=None)", "(self, q, *, r=None)", "(*, k)",
    ]  # fmt: skip
    assert run.value("[(p.name, int(p.kind)) for p in inspect.signature(f).parameters.values()]") == [
        ("a", 0), ("b", 1), ("args", 2), ("c", 3), ("d", 3), ("kw", 4),
    ]  # fmt: skip
    assert run.value("[n for n, p in inspect.signature(f).parameters.items() if p.default == empty]") == [
        "a", "args", "c", "kw",
    ]  # fmt: skip
    run("import torch.nn.functional as F")
    assert run.value("str(inspect.signature(F.relu))") == "(input, inplace=False)"
    assert run.value("'fused' in inspect.signature(torch.optim.AdamW).parameters")
    assert run.value("list(inspect.signature(torch.norm).parameters)[:2]") == ["input", "p"]
    assert run.value("inspect.isfunction(f), inspect.isclass(C), inspect.ismethod(C(1).m)") == (
        True, True, True,
    )  # fmt: skip
    assert run.value("inspect.isclass(f), inspect.isgenerator(i for i in [1])") == (False, True)
    assert run.value("inspect.getdoc(f), inspect.getsource(C.m)") == (
        "Doc.\n\nMore.", "def m(self, q, *, r=None): pass\n",
    )  # fmt: skip
    run.fails("inspect.signature(3)", TypeError)
    run.fails("inspect.getsource(print)", OSError)


def test_small_tables(run) -> None:
    run("""
import string, gc, heapq, bisect, operator, statistics, textwrap, pprint, copy
from collections.abc import Iterable, Sequence
h = [5, 3, 8, 1]
heapq.heapify(h); heapq.heappush(h, 2)
class S(Sequence): pass
class P: x = 3
""")
    assert run.value("[heapq.heappop(h) for _ in range(5)]") == [1, 2, 3, 5, 8]
    assert run.value("heapq.nlargest(2, [1, 5, 3]), heapq.heappushpop([2, 3], 1)") == ([5, 3], 1)
    assert run.value("bisect.bisect_left([1, 3, 3], 3), bisect.bisect([1, 3, 3], 3)") == (1, 3)
    assert run.value("operator.itemgetter(1, 0)('ab'), operator.attrgetter('x')(P())") == (
        ("b", "a"), 3,
    )  # fmt: skip
    assert run.value("operator.mod('%d', 3), operator.methodcaller('upper')('a')") == ("3", "A")
    assert run.value("statistics.mean([1, 2, 3]), statistics.median([3, 1, 2])") == (2, 2)
    assert run.value("string.digits, string.Template('$a ${b} $$').substitute(a=1, b=2)") == (
        "0123456789", "1 2 $",
    )  # fmt: skip
    assert run.value("textwrap.dedent('  a\\n  b'), textwrap.wrap('a b c', 3)") == (
        "a\nb", ["a b", "c"],
    )  # fmt: skip
    assert run.value("isinstance([], Iterable), isinstance(3, Iterable), gc.collect() >= 0") == (
        True, False, True,
    )  # fmt: skip
    assert run.output("pprint.pprint({'a': ['x' * 40, 'y' * 40], 'b': 1})") == (
        f"{{'a': ['{'x' * 40}',\n       '{'y' * 40}'],\n 'b': 1}}\n"
    )
    run("from collections import Counter, OrderedDict")
    assert run.output("pprint.pprint(OrderedDict(a='x' * 60, b=[1, 2]))") == (
        f"OrderedDict([('a',\n              '{'x' * 60}'),\n             ('b', [1, 2])])\n"
    )
    assert run.output("pprint.pprint([Counter({'x' * 40: 1, 'y' * 40: 2})])") == (
        f"[Counter({{'{'y' * 40}': 2,\n          '{'x' * 40}': 1}})]\n"
    )
    assert run.output("pprint.pprint({'b' * 40, 'a' * 40})") == (
        f"{{'{'a' * 40}',\n '{'b' * 40}'}}\n"
    )


def test_named_tuples_by_annotations(run) -> None:
    run("""
from typing import NamedTuple
class Batch(NamedTuple):
    'One batch.'
    x: list
    y: list
    n: int = 4
b = Batch([1], y=[2])
P = NamedTuple('P', [('a', int), ('b', list)])
""")
    assert run.value("b, b.n, b._fields, b._replace(n=5).n, repr(b), repr(P(1, 2))") == (
        ([1], [2], 4), 4, ("x", "y", "n"), 5, "Batch(x=[1], y=[2], n=4)", "P(a=1, b=2)",
    )  # fmt: skip
    assert run.value("isinstance(b, Batch), Batch._fields[2], b._asdict()") == (
        True, "n", {"x": [1], "y": [2], "n": 4},
    )  # fmt: skip
    run.fails("Batch(1)", TypeError)
    run.fails("class A(NamedTuple):\n    x: int = 1\n    y: int", TypeError)
    run.fails("class A(NamedTuple):\n    x: int\n    def f(self): return 1", AttributeError)
    run.fails("class A(NamedTuple, Batch):\n    x: int", TypeError)
    run.fails("class A(NamedTuple):\n    _x: int", ValueError)
    run.fails("NamedTuple('A', [1])", TypeError)


def test_unicodedata(run) -> None:
    run("""
import unicodedata
def plain(s):
    return ''.join(c for c in unicodedata.normalize('NFD', s) if unicodedata.category(c) != 'Mn')
""")
    assert run.value("plain('Ślusàrski'), unicodedata.name('é')") == (
        "Slusarski", "LATIN SMALL LETTER E WITH ACUTE",
    )  # fmt: skip
    assert run.value("unicodedata.lookup('GREEK SMALL LETTER PI'), unicodedata.numeric('½')") == (
        "π", 0.5,
    )  # fmt: skip
    assert run.value("unicodedata.name('\\x00', None), unicodedata.is_normalized('NFC', 'é')") == (
        None, True,
    )  # fmt: skip
    run.fails("unicodedata.normalize('NFX', 'a')", ValueError)
    run.fails("unicodedata.category('ab')", TypeError)
    run.fails("unicodedata.name('\\x00')", ValueError)
    run.fails("unicodedata.lookup('NOBODY')", KeyError)


def test_bytes(run) -> None:
    assert run.value("'aé'.encode().hex(), bytes([65, 66]).decode(), len('é'.encode())") == (
        "61c3a9", "AB", 2,
    )  # fmt: skip
    assert run.value("'ab'.encode()[0], 'ab'.encode()[1:].decode(), list('ab'.encode())") == (
        97, "b", [97, 98],
    )  # fmt: skip
    assert run.value("repr('a'.encode()), bytes('a', 'ascii') == 'a'.encode()") == ("b'a'", True)
    assert run.value("{'a'.encode(): 1}['a'.encode()], 97 in 'a'.encode()") == (1, True)


# -- classes --------------------------------------------------------------------------------------


def test_dataclasses(run) -> None:
    run("""
from dataclasses import dataclass, field, asdict, astuple, replace, fields, is_dataclass, InitVar
from typing import ClassVar
@dataclass
class C:
    lr: float = 0.1
    sizes: list = field(default_factory=lambda: [1, 2])
    n: ClassVar[int] = 7
    hidden: int = field(default=3, repr=False)
    scale: InitVar[int] = 2
    def __post_init__(self, scale): self.extra = self.lr * scale
@dataclass(order=True, frozen=True)
class P:
    x: int
    y: int = 0
@dataclass
class D(C):
    z: int = field(default=9, kw_only=True)
""")
    assert run.value("repr(C()), C() == C(), C().extra, C.n, C.lr, C().sizes is C().sizes") == (
        "C(lr=0.1, sizes=[1, 2])", True, 0.2, 7, 0.1, False,
    )  # fmt: skip
    assert run.value("asdict(C(1)), astuple(P(1)), repr(replace(P(1), y=5))") == (
        {"lr": 1, "sizes": [1, 2], "hidden": 3}, (1, 0), "P(x=1, y=5)",
    )  # fmt: skip
    assert run.value("P(1) < P(2), {P(1): 2}[P(1, 0)], [f.name for f in fields(P)]") == (
        True, 2, ["x", "y"],
    )  # fmt: skip
    assert run.value("D(5, z=1).z, D().z, is_dataclass(D), is_dataclass(3)") == (1, 9, True, False)
    assert "cannot assign" in str(run.fails("P(1).x = 2", AttributeError))
    assert str(run.fails("P()", TypeError)) == (
        "P.__init__() missing 1 required positional argument: 'x'"
    )
    run.fails("P(1, 2, 3)", TypeError)
    run.fails("P(1, z=3)", TypeError)
    run.fails("@dataclass\nclass B:\n    x: list = []", ValueError)
    run.fails("@dataclass\nclass B:\n    x: int = 1\n    y: int", TypeError)
    run.fails("C() < C()", TypeError)


def test_enumerations(run) -> None:
    run("""
from enum import Enum, IntEnum, Flag, auto, unique
import copy
class Color(Enum):
    RED = 1
    GREEN = auto()
    ALIAS = 1
    def low(self): return self.name.lower()
class Pair(Enum):
    A = (1, 2)
    def __init__(self, x, y): self.x, self.y = x, y
class N(IntEnum):
    A = 1
    B = auto()
class F(Flag):
    R = auto()
    W = auto()
""")
    assert run.value("[c.name for c in Color], len(Color), Color(2) is Color.GREEN") == (
        ["RED", "GREEN"], 2, True,
    )  # fmt: skip
    assert run.value("str(Color.RED), repr(Color['GREEN']), Color.ALIAS is Color.RED") == (
        "Color.RED", "<Color.GREEN: 2>", True,
    )  # fmt: skip
    assert run.value("Color.RED.low(), Pair.A.y, {Color.RED: 3}[Color(1)], 1 in Color") == (
        "red", 2, 3, True,
    )  # fmt: skip
    assert run.value("N.A + 1, N.B > N.A, [5, 6, 7][N.B], str(N.B), N(2) is N.B") == (
        2, True, 7, "2", True,
    )  # fmt: skip
    assert run.value("(F.R | F.W).value, F.R in (F.R | F.W), bool(F.R & F.W), str(F(3))") == (
        3, True, False, "F.R|W",
    )  # fmt: skip
    assert run.value("copy.deepcopy([Color.RED])[0] is Color.RED, type(Color.RED) is Color") == (
        True, True,
    )  # fmt: skip
    assert str(run.fails("Color(9)", ValueError)) == "9 is not a valid Color"
    run.fails("unique(Color)", ValueError)


def test_contexts(run) -> None:
    run("""
from contextlib import contextmanager, suppress, nullcontext, closing, ExitStack
log = []
@contextmanager
def cm(a):
    log.append(('in', a))
    try: yield a * 2
    except ValueError as e: log.append(str(e))
    finally: log.append('out')
with cm(2) as x: log.append(x)
with cm(1): raise ValueError('no')
try:
    with cm(3): 1 / 0
except ZeroDivisionError: log.append('passed')
@cm(7)
def f(): return 3
with suppress(KeyError, IndexError): {}[1]
with ExitStack() as stack:
    stack.enter_context(cm(9)); stack.callback(log.append, 'back')
    stack.push(lambda kind, value, tb: kind is ZeroDivisionError)
    1 / 0
class R:
    def close(self): log.append('closed')
with closing(R()) as r, nullcontext(5) as five: pass
f(); f()
""")
    assert run.value("log, five") == (
        [("in", 2), 4, "out", ("in", 1), "no", "out", ("in", 3), "out", "passed",
         ("in", 9), "back", "out", "closed", ("in", 7), "out", ("in", 7), "out"],
        5,
    )  # fmt: skip


def test_abstract_classes(run) -> None:
    run("""
from abc import ABC, abstractmethod
class Base(ABC):
    def __init__(self, x): self.x = x
    @abstractmethod
    def f(self): pass
    @property
    @abstractmethod
    def p(self): ...
class Good(Base):
    p = 3
    def f(self): return self.x
class Net(nn.Module, ABC):
    @abstractmethod
    def g(self): ...
""")
    assert run.value("Good(3).f(), isinstance(Good(1), ABC)") == (3, True)
    assert "abstract methods 'f', 'p'" in str(run.fails("Base(1)", TypeError))
    assert "abstract method 'g'" in str(run.fails("Net()", TypeError))


# -- logs, bars, names ----------------------------------------------------------------------------


def test_logs(here, tmp_path: Path, capsys) -> None:
    here("""
import logging
log = logging.getLogger('me.too')
log.setLevel(logging.INFO)
handler = logging.StreamHandler()
handler.setFormatter(logging.Formatter('%(levelname)s %(name)s: %(message)s'))
log.addHandler(handler); log.propagate = False
to = logging.FileHandler('run.log'); log.addHandler(to)
log.info('loss %.2f %s', 0.5, 'ok'); log.debug('unseen')
try: 1 / 0
except ZeroDivisionError: log.exception('bad')
""")
    assert capsys.readouterr().err == (
        "INFO me.too: loss 0.50 ok\nERROR me.too: bad\nZeroDivisionError: division by zero\n"
    )
    assert (tmp_path / "run.log").read_text().startswith("loss 0.50 ok\nbad\n")
    assert here.value("logging.getLogger('me.too') is log, log.isEnabledFor(10)") == (True, False)


def test_bars_are_silent_where_no_terminal_is(run, capsys) -> None:
    run("""
from tqdm import tqdm, trange
from tqdm.auto import tqdm as auto
import tqdm as module
total = 0
bar = tqdm([1, 2, 3], desc='x', unit='b', leave=False)
for i in bar:
    total += i; bar.set_postfix(loss=i); bar.set_description('y')
with auto(total=9) as counter: counter.update(4)
found = list(trange(3))
""")
    assert run.value("total, bar.n, counter.n, found, len(bar), auto is module.tqdm") == (
        6, 3, 4, [0, 1, 2], 3, True,
    )  # fmt: skip
    assert run.output("tqdm.write('line')") == "line\n"
    assert capsys.readouterr().err == ""


@pytest.mark.skipif(sys.platform != "linux", reason="needs a pseudo-terminal")
def test_bars_are_drawn_on_a_terminal(tmp_path: Path) -> None:
    import pty

    main, side = pty.openpty()
    done = tcalc(
        tmp_path,
        "from tqdm import tqdm\n"
        "with tqdm(total=4, desc='t\\x1b[31m') as bar:\n"
        "    for i in range(4): bar.update(); bar.set_postfix(a=1.23456)\n"
        "print('done')",
        capture_output=False,
        stdout=subprocess.PIPE,
        stderr=side,
    )
    os.close(side)
    drawn = os.read(main, 1 << 16).decode()
    assert done.stdout == "done\n"
    assert "t\\x1b[31m" in drawn and "100%|" in drawn and "4/4" in drawn and "a=1.23" in drawn


def screen(text: str) -> list[str]:
    """The lines that a terminal shows of a text with the few signs that bars use."""
    lines, row, column = [""], 0, 0
    for part in re.findall(r"\x1b\[[KA]|[\r\n]|[^\x1b\r\n]+", text):
        if part == "\x1b[K":
            lines[row] = lines[row][:column]
        elif part == "\x1b[A":
            row -= 1
        elif part == "\r":
            column = 0
        elif part == "\n":
            row, column = row + 1, 0
            lines += [""] * (row == len(lines))
        else:
            lines[row] = lines[row][:column] + part + lines[row][column + len(part) :]
            column += len(part)
    return [re.sub(r"\|.*\|", "|", line.rstrip()).split(" [")[0] for line in lines]


def on_a_terminal(folder: Path, program: str) -> list[str]:
    import pty

    main, side = pty.openpty()
    tcalc(folder, program, capture_output=False, stdout=side, stderr=side)
    os.close(side)
    drawn = b""
    while True:
        try:
            drawn += os.read(main, 1 << 16)
        except OSError:
            break
    os.close(main)
    return screen(drawn.decode())


@pytest.mark.skipif(sys.platform != "linux", reason="needs a pseudo-terminal")
def test_bars_within_bars_have_lines_of_their_own(tmp_path: Path) -> None:
    shown = on_a_terminal(
        tmp_path,
        """
from tqdm import tqdm, trange
for i in trange(2, desc='outer'):
    for j in tqdm(range(3), desc=f'inner {i}'):
        for k in tqdm(range(4), leave=False): pass
    tqdm.write(f'done {i}')
for i in trange(3, ascii=True): pass
bar = tqdm(total=3 << 20, unit='B', unit_scale=True, unit_divisor=1024)
bar.update(3 << 19)
bar.desc = 'left open'
""",
    )
    assert shown == [
        "inner 0: 100%| 3/3", "done 0", "inner 1: 100%| 3/3", "done 1", "outer: 100%| 2/2",
        "100%| 3/3", "left open:  50%| 1.50M/3.00M", "",
    ]  # fmt: skip


@pytest.mark.skipif(sys.platform != "linux", reason="needs a pseudo-terminal")
def test_an_error_stands_below_the_bars(tmp_path: Path) -> None:
    shown = on_a_terminal(
        tmp_path, "from tqdm import tqdm\nfor i in tqdm(range(4)):\n    if i == 2: 1 / 0"
    )
    assert shown[0] == " 50%| 2/4" and "ZeroDivisionError" in shown[1]


def test_names_of_names(run) -> None:
    run("""
x = 3
class A:
    k = 1
    def __init__(self): self.y = 2; self._z = 4
def f(a):
    b = 1
    return locals(), sorted(vars())
a = A()
""")
    assert run.value("vars(a), f(5)") == ({"y": 2, "_z": 4}, ({"a": 5, "b": 1}, ["a", "b"]))
    assert run.value("vars(A)['k'], 'append' in dir([]), 'x' in dir(), globals()['x']") == (
        1, True, True, 3,
    )  # fmt: skip
    run("globals()['x'] = 9; locals()['x'] = 9; vars(a)['y'] = 9; delattr(a, '_z')")
    assert run.value("x, a.y, hasattr(a, '_z')") == (3, 2, False)
    assert run.value("'pi' in dir(math), [n for n in globals() if ' ' in n]") == (True, [])


def test_interrupts_can_be_caught(run) -> None:
    run("""
try: raise KeyboardInterrupt
except KeyboardInterrupt: caught = 1
try: exit(2)
except (KeyboardInterrupt, SystemExit) as e: code = e.code
""")
    assert run.value("caught, code") == (1, 2)


def test_help_prints(tmp_path: Path) -> None:
    done = tcalc(
        tmp_path, "def f(x):\n    'Doubles.'\n    return x\nhelp(f)\nhelp(norm)\nhelp('json')"
    )
    assert done.stdout.startswith("f(x)\n\nDoubles.") and "norm(input" in done.stdout


@pytest.mark.parametrize(
    ("name", "words"),
    [("urllib.request", "no network"), ("subprocess", "starts no others"), ("shutil", "makedirs"),
     ("zipfile", "unpack"), ("pandas", "load("), ("pickle", "save(")],
)  # fmt: skip
def test_what_does_the_job_of_others_is_named(run, name: str, words: str) -> None:
    error = run.fails(f"import {name}", ModuleNotFoundError)
    assert words in error.hint


@pytest.mark.parametrize(
    ("text", "words"),
    [("os.remove('x')", "nothing here removes"), ("os.system('x')", "starts no others"),
     ("sys.modules", "try: import name"), ("argparse.FileType('r')", "open(args.name)")],
)  # fmt: skip
def test_what_does_the_job_of_a_member_is_named(run, text: str, words: str) -> None:
    error = run.fails(f"import os, sys, argparse\n{text}", AttributeError)
    assert words in error.hint


def test_a_module_that_was_not_imported_is_named(run) -> None:
    from tcalc.diagnosis.diagnostics import diagnose

    assert diagnose(run.fails("os.getcwd()", NameError), run.session).hint == (
        "write `import os` first"
    )


def test_a_file_tells_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text('"Other."\n')
    done = tcalc(tmp_path, "'Mine.';\nimport m\nprint(__doc__, __name__, m.__name__)")
    assert done.stdout == "Mine. __main__ m\n"
