"""Attempts to get out, to corrupt memory and to crash: each is an error at a place of the program."""

from __future__ import annotations

import builtins
import subprocess
import sys
from pathlib import Path

import pytest

from tcalc.diagnosis.diagnostics import diagnose

# A program a block: `# ` and the class of Python's that its error has, then what is tried.
ATTEMPTS = r"""
# AttributeError
(lambda: 0).__code__
---
# AttributeError
(lambda: 0).__globals__
---
# AttributeError
[].__class__.__base__.__subclasses__()
---
# AttributeError
getattr(getattr((), '__class__'), '__base__')
---
# AttributeError
'{0.__class__.__mro__}'.format(1)
---
# AttributeError
'{a.__init__.__globals__}'.format_map({'a': nn.Linear(1, 1)})
---
# AttributeError
f"{(lambda: 0).__closure__}"
---
# AttributeError
str.format('{0.__globals__}', print)
---
# AttributeError
[*map(str.format, ['{0.__self__}'], [print])]
---
# AttributeError
np.array(['{0.__class__.__mro__}'])[0].format(1)
---
# AttributeError
try: 1 / 0
except ZeroDivisionError as e: e.__traceback__.tb_frame
---
# AttributeError
try: 1 / 0
except ZeroDivisionError as e: e.with_traceback(None)
---
# AttributeError
try: (1).x
except AttributeError as e: e.operands
---
# AttributeError
try: undefined
except NameError as e: e.source.text
---
# AttributeError
class M:
    def __enter__(self): return self
    def __exit__(self, kind, value, tb):
        self.tb = tb
        return True
m = M()
with m: 1 / 0
m.tb.tb_frame
---
# AttributeError
class M:
    def __enter__(self): return self
    def __exit__(self, kind, value, tb):
        self.kind = kind
        return True
m = M()
with m: exit()
m.kind.__init__.__globals__
---
# AttributeError
def g(): yield 1
g().gi_frame
---
# AttributeError
def g(): yield 1
g().gi_code
---
# AttributeError
try: raise ValueError(1)
except* ValueError as eg: eg.exceptions[0].__traceback__
---
# AttributeError
try: raise ValueError(1)
except* ValueError as eg: eg.derive([1])
---
# AttributeError
try: (1).x
except AttributeError as e: T = type(e)
raise T(5, hint=[6], operands=7, argument=8)
---
# AttributeError
raise AttributeError('a', name=5, obj=6)
---
# AttributeError
class E(Exception):
    def __init__(self): self.__traceback__ = 1
E()
---
# AttributeError
class A:
    def go(self): return super().__getattribute__('__dict__')
A().go()
---
# AttributeError
class A:
    def go(self): return super().__reduce_ex__(2)
A().go()
---
# AttributeError
class A: pass
object.__setattr__(A(), '__class__', int)
---
# AttributeError
class A: pass
A().__setattr__('__dict__', {})
---
# AttributeError
setattr(nn.Module, 'forward', print)
---
# AttributeError
setattr(print, 'x', 1)
---
# AttributeError
torch.sin = 1
---
# AttributeError
import math
math.pi = 3
---
# AttributeError
class A: x = 1
del A.__dict__
---
# AttributeError
nn.Linear(1, 1)._hooked
---
# AttributeError
class M(nn.Module):
    def go(self): return self._hooked
M().go()
---
# AttributeError
m = nn.Linear(1, 1)
m._modules['__array__'] = nn.ReLU()
m.__array__
---
# AttributeError
nn.Linear(1, 1)._modules = {}
---
# TypeError
class M(nn.Module): pass
M()._modules = 5
---
# TypeError
m = nn.Sequential()
m._modules['a'] = 5
list(m.modules())
---
# AttributeError
max(ones(2), 0).__self__
---
# AttributeError
ones(2).mean.__func__
---
# AttributeError
ones(2)._a
---
# AttributeError
ones(2)._s
---
# AttributeError
ones(2).array
---
# AttributeError
x = ones(2, requires_grad=True)
(x * 2).grad_fn.op
---
# AttributeError
x = ones(2, requires_grad=True)
(x * 2).grad_fn.place
---
# AttributeError
x = ones(2, requires_grad=True)
(x * 2).grad_fn.saved
---
# AttributeError
x = ones(2, requires_grad=True)
x.register_hook(print)._hooks
---
# AttributeError
ones(3).max(0)._make([1])
---
# AttributeError
ones(3).max(0).values = 1
---
# AttributeError
ones(3).shape.__class__.__new__
---
# AttributeError
torch.float32.numpy
---
# AttributeError
torch.sin.__op__
---
# AttributeError
torch.sin.__globals__
---
# AttributeError
torch.Generator().__dict__
---
# AttributeError
nn.Linear.__init__.__globals__
---
# AttributeError
nn.functional.__loader__
---
# AttributeError
torch.registry
---
# AttributeError
np.frompyfunc(print, 1, 1)
---
# AttributeError
np.frombuffer('a')
---
# AttributeError
np.save.__globals__
---
# AttributeError
np.ones(2).ctypes
---
# AttributeError
np.ones(2).data
---
# AttributeError
np.ones(2).__array_interface__
---
# AttributeError
np.ones(2).tofile('x.npy')
---
# AttributeError
import functools
functools.partial(print).__reduce__()
---
# AttributeError
import functools
functools.lru_cache(lambda: 0).__wrapped__
---
# AttributeError
import functools
functools.wraps(print)(lambda: 0).__wrapped__
---
# AttributeError
import functools
functools.reduce.__self__
---
# AttributeError
import functools
functools.cmp_to_key(lambda a, b: 0)(1).obj
---
# AttributeError
import collections
collections.namedtuple('N', 'a').__new__
---
# AttributeError
import collections
collections.namedtuple('N', 'a')._make.__func__
---
# AttributeError
import itertools
itertools.chain([1]).__reduce__()
---
# AttributeError
import random
random._inst
---
# AttributeError
import random
random.SystemRandom
---
# AttributeError
import copy
copy.copy(print).__globals__
---
# AttributeError
import copy
copy.deepcopy((lambda: 0)).__closure__
---
# AttributeError
import time
time.clock_settime
---
# AttributeError
import warnings
warnings.sys
---
# AttributeError
import typing
typing.get_type_hints
---
# AttributeError
class A: pass
getattr(A(), 'ＡＢ', 1).__ｄict__
---
# AttributeError
A = 1
A.__𝒸lass__.__base__
---
# AttributeError
class A:
    def go(self, o): return o.__dict
class _:
    def go(self, o): return o.__dict
_().go(A)
---
# AttributeError
property(lambda s: 1).fget
---
# AttributeError
staticmethod(print).__func__
---
# AttributeError
classmethod(print).__wrapped__
---
# AttributeError
{}.keys().mapping
---
# AttributeError
'a'.encode().__array_interface__
---
# AttributeError
(1).to_bytes(2)
---
# AttributeError
type.__call__(type, 'a', (), {})
---
# AttributeError
(1).__round__(-10**9)
---
# AttributeError
super(int, 1).__class__.__base__
---
# AttributeError
[].append.__self__
---
# AttributeError
slice(1).__reduce__()
---
# AttributeError
range(3).__init__.__self__
---
# AttributeError
import math
math.__dict__
---
# AttributeError
torch.nn.__path__
---
# AttributeError
class M(nn.Module):
    def __setattr__(self, name, value): super().__setattr__('__class__', value)
M().x = 1
---
# AttributeError
class A: pass
A.__init__ = print
---
# TypeError
'{0[__class__]}'.format(nn.Linear(1, 1))
---
# TypeError
class M:
    def __enter__(self): return self
    def __exit__(self, kind, value, tb):
        self.kind = kind
        return True
m = M()
with m: exit()
class X(m.kind): pass
---
# TypeError
g = (x for x in [1])
g.throw(ValueError('x'), None, 1)
---
# TypeError
try: raise ValueError(1)
except* ValueError as eg: T = type(eg)
class X(T):
    def split(self, kind): return 1
---
# TypeError
try: (1).x
except AttributeError as e: T = type(e)
class X(T): message = property(lambda self: 1 / 0)
---
# TypeError
E = type('E', (Exception,), {})
---
# TypeError
nn.Linear(1, 1).register_buffer('__class__', ones(1))
---
# KeyError
nn.Linear(1, 1).register_parameter('a.b', nn.Parameter(ones(1)))
---
# TypeError
class S:
    _a = 5
    def storage(self): return 1
nn.Parameter(S())
---
# TypeError
class P(nn.Parameter): pass
---
# TypeError
class T(torch.Tensor): pass
---
# TypeError
np.array([print])
---
# TypeError
str(np.ones(2) + (10**100, 1), 'latin1')
---
# TypeError
str(np.ones(2), encoding='latin1')
---
# TypeError
class Named:
    @property
    def dtype(self): return 'f4'
np.dtype(Named())
---
# TypeError
np.dtype([('a', 'f4')])
---
# AttributeError
try: np.dtype('\ud800')
except UnicodeEncodeError as e: e.__init__('a', 'b', -40, -39, 'c')
---
# TypeError
class Handed:
    def __enter__(self): return self
    def __exit__(self, kind, value, tb):
        self.kind = kind
        return True
handed = Handed()
with handed: np.dtype('\ud800')
class Derived(handed.kind): pass
---
# TypeError
np.array([1], dtype=object)
---
# TypeError
np.array([1]).astype('O')
---
# TypeError
np.dtype({'names': ['a'], 'formats': ['O']})
---
# TypeError
np.dtype('i4,O')
---
# TypeError
class O:
    def __radd__(self, other): return self
np.ones(2) + (O(), O())
---
# TypeError
class O(Exception):
    def __radd__(self, other): return self
np.ones(2)[0] + (O(), O())
---
# TypeError
class O:
    def __len__(self): return 2
    def __getitem__(self, i): return 1.0
np.ones(2) * (O(), O())
---
# TypeError
b = np.ones(1) + (10**100,)
b[0] = print
---
# TypeError
b = np.ones(1) + (10**100,)
for b[0] in [print]: pass
---
# TypeError
b = np.ones(1) + (10**100,)
b[0], x = print, 1
---
# TypeError
b = np.ones(1) + (10**100,)
b[:] = [print]
---
# TypeError
class O: pass
o = O(); o.b = np.ones(1) + (10**100,)
o.b[0] = o
---
# TypeError
b = np.ones(1) + (10**100,)
b.sum()
---
# TypeError
torch.tensor(np.ones(1) + (10**100,))
---
# TypeError
from_numpy(np.ones(1) + (10**100,))
---
# TypeError
import collections
collections.namedtuple('N', 'a b', module='os')
---
# TypeError
import collections
class N(collections.namedtuple('N', 'a')): pass
---
# TypeError
import collections
class Q(collections.OrderedDict): pass
---
# TypeError
import random
class R(random.Random): pass
---
# TypeError
import warnings
warnings.warn('x', category=print)
---
# TypeError
class Name:
    def __eq__(self, other): return True
    def __hash__(self): return hash('__dict__')
getattr(1, Name())
---
# TypeError
getattr(1, np.array(['__dict__'])[0])
---
# TypeError
type(lambda: 0)(1, {})
---
# TypeError
type(1, 2, 3)
---
# TypeError
(lambda: 0).__class__(1, {})
---
# TypeError
class F: pass
load(F())
---
# TypeError
load(np.array(['/etc/x.npy'])[0])
---
# TypeError
round(12345, -10**12) + print
---
# TypeError
class I:
    def __index__(self): return self
range(I())
---
# TypeError
class B:
    def __bool__(self): return 5
B() and 1
---
# TypeError
sum([1], dim=(lambda: 0))
---
# TypeError
class D:
    def __eq__(self, other): return True
    def __hash__(self): return 0
ones(2).to(D())
---
# TypeError
class D:
    def __eq__(self, other): return True
ones(2, dtype=D())
---
# TypeError
randn(2, generator=print)
---
# TypeError
x = ones(2, requires_grad=True)
x.register_hook(lambda g: 5)
x.sum().backward()
---
# TypeError
nn.Linear(print, 1)
---
# TypeError
nn.Linear(1, 1).load_state_dict(5)
---
# RuntimeError
nn.Linear(1, 1).load_state_dict({'weight': 1, 'bias': 2})
---
# TypeError
o = optim.SGD([nn.Parameter(ones(1))], lr=1)
o.param_groups[0] = 5
o.zero_grad()
---
# TypeError
torch.set_default_dtype(print)
---
# TypeError
torch.manual_seed(print)
---
# TypeError
b = np.array(['%(k)s'])
b % ({'k': 1},)
---
# TypeError
b = np.ones(1) + (10**100,)
b %= 7
---
# TypeError
import functools
functools.total_ordering(int)
---
# SyntaxError
raise SyntaxError('a', ('f', 1, 2, 't'))
---
# SyntaxError
class A(metaclass=print): pass
---
# SyntaxError
class A:
    def __init_subclass__(cls): pass
---
# SyntaxError
class A:
    __slots__ = ('__dict__',)
---
# SyntaxError
class A:
    def __class_getitem__(cls, item): return cls
---
# SyntaxError
class A:
    def __array__(self): return 1
---
# SyntaxError
class A:
    def __reduce__(self): return (print, ())
---
# SyntaxError
from math import __loader__
---
# SyntaxError
global __builtins__
---
# SyntaxError
def f(__class__): pass
---
# SyntaxError
import math as __builtins__
---
# SyntaxError
lambda __x__: 1
---
# OSError
np.load('/etc/passwd')
---
# OSError
load('/etc/passwd')
---
# OSError
load('/etc/hosts.txt')
---
# OSError
load('../x.npy')
---
# OSError
load('.hidden.npy')
---
# OSError
load('/dev/zero')
---
# OSError
load('/proc/self/mem.npy')
---
# OSError
save(ones(1), '/tmp/x.npy')
---
# OSError
save(ones(1), 'x.py')
---
# OSError
save(ones(1), '.x.npy')
---
# OSError
save(ones(1), '../x.npy')
---
# OSError
save(ones(1), 'a\0.npy')
---
# NameError
raise NameError('a', name=5)
---
# TypeError
bytes('a')
---
# NameError
memoryview('a')
---
# KeyError
globals()['__builtins__']
---
# TypeError
vars(1)
---
# KeyError
locals()['__builtins__']
---
# NameError
__builtins__
---
# NameError
__import__('os')
---
# OSError
open('x')
---
# NameError
eval('1')
---
# RuntimeError
ones(2).as_strided((10,), (100,))
---
# RuntimeError
ones(2).as_strided((2,), (-1,))
---
# RuntimeError
ones(2).as_strided((2,), (1,), -5)
---
# RuntimeError
x = ones(2)
y = x.view(2)
add(zeros(5000), 1, out=x)
y.as_strided((5000,), (1,), 0)
---
# RuntimeError
x = ones(2)
y = x.view(2)
x.resize_(5000)
y.as_strided((5000,), (1,), 0)
---
# RuntimeError
y = ones(8)[4:].view(torch.float64)
y.as_strided((5,), (1,), 0)
---
# TypeError
class D:
    def __eq__(self, other): return True
ones(2, device=D())
---
# RuntimeError
ones(2).register_hook(5)
---
# RuntimeError
x = ones(2, requires_grad=True)
y = x * 2
y.grad_fn.register_hook(lambda gi, go: 5)
y.sum().backward()
---
# MemoryError
10**10**10
---
# MemoryError
import math
math.factorial(np.int64(10**9))
---
# MemoryError
import math
math.factorial(tensor(10**9))
---
# MemoryError
import math
math.comb(np.int64(10**9), np.int64(5 * 10**8))
---
# MemoryError
ones(10**12)
---
# MemoryError
'a'.ljust(10**13)
---
# MemoryError
'{:>99999999999}'.format(1)
---
# MemoryError
'%*d' % (10**12, 1)
---
# MemoryError
[0] * 10**13
---
# RecursionError
class R:
    def __eq__(self, other): return self == other
R() == 1
---
# RecursionError
def f(x):
    y = [2, 1]
    y.sort(key=f)
f(1)
---
# RecursionError
class O:
    def __float__(self):
        np.zeros(1)[0] = self
np.zeros(1)[0] = O()
---
# RecursionError
class H:
    def __hash__(self): return hash(self)
{H(): 1}
---
# RecursionError
class I:
    def __getattr__(self, name): return getattr(self, name)
I().x
---
# RecursionError
class N:
    def __iter__(self): return self
    def __next__(self): return next(self)
list(N())
---
# ModuleNotFoundError
import posix
---
# ModuleNotFoundError
import builtins
---
# ModuleNotFoundError
from torch import os
---
# ModuleNotFoundError
from numpy import fromfile
---
# ModuleNotFoundError
import numpy.ctypeslib
---
# ModuleNotFoundError
from __future__ import barry_as_FLUFL
---
# ValueError
'{:{0.__class__}}'.format(1, 2)
---
# ValueError
import collections
collections.namedtuple('N', ['x=print()'])
---
# ValueError
class L:
    def __len__(self): return -1
len(L())
---
# Exception
class E(Exception):
    def __str__(self): exit(3)
raise E
---
# Exception
class E(Exception):
    def __str__(self): return self.__str__()
raise E
---
# Exception
class E(Exception):
    message = source = span = operands = property(lambda self: 1 / 0)
raise E
---
# KeyError
x = ones(2, requires_grad=True)
(x * 2).grad_fn.metadata['a'].b
---
# KeyError
class D:
    def __index__(self): raise KeyError('x')
ones(2).sum(D())
---
# ImportError
raise ImportError('a', name=5, path=6)
---
# OverflowError
b = [10**100, 1] * np.array([1, 2])
---
# TypeError
class W:
    def __index__(self): return 5000
    def __sub__(self, other): return 0
    def __lt__(self, other): return False
class V:
    def __index__(self): return W()
ones(2).as_strided((V(),), (1,), 0)
---
# TypeError
class W:
    def __index__(self): return 5000
    def __le__(self, other): return True
    def __ge__(self, other): return True
class V:
    def __index__(self): return W()
ones(2).sum(V())
---
# TypeError
fmod(ones(2), None)
---
# TypeError
eye(1.5)
"""


def _attempts() -> list[tuple[str, str]]:
    blocks = ATTEMPTS.strip("\n").split("\n---\n")
    return [(kind[2:], text) for kind, _, text in (block.partition("\n") for block in blocks)]


@pytest.mark.filterwarnings("ignore:the .type, exc, tb. signature of throw:DeprecationWarning")
@pytest.mark.parametrize(("kind", "text"), _attempts())
def test_attempts_are_errors(run, kind: str, text: str, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    error = run.fails(text, getattr(builtins, kind))
    found = diagnose(error, run.session)
    assert found.kind != "InternalError", found.message
    assert found.source is not None and found.span is not None
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("round(12345, -(10**9))", 0),
        ("round(-12345, -2), round(True, -1), round(2.5), round(10, 5)", (-12300, 0, 2, 10)),
        ("import math\nmath.comb(5, 2), math.perm(5), math.factorial(tensor(4))", (10, 120, 24)),
        ("x = 17\nx %= 10\ny = [9]\ny[0] %= 4\nx % 4, 'a%s' % 1, y, (x + 1) % 5", (3, "a1", [1], 3)),
        ("a = np.array([7, 8])\na %= 4\na[0] += 5\n(a % 5).tolist()", [3, 0]),
        ("x = arange(6.).requires_grad_()\nx.as_strided((2, 2), (1, 2)).sum().backward()\n"
         "x.grad.tolist()", [1.0, 1.0, 1.0, 1.0, 0.0, 0.0]),
        ("zeros(1000).as_strided((5000,), (0,)).as_strided((1000,), (1,)).sum().item()", 0.0),
    ],
)  # fmt: skip
def test_what_stays_allowed(run, text: str, value: object) -> None:
    assert run.value(text) == value


def test_classes_that_leak_through_exit_do_no_harm(run) -> None:
    run("""
class M:
    def __enter__(self): return self
    def __exit__(self, kind, value, tb):
        self.kind = kind
        return True
m = M()
with m: exit()
""")
    for status, expected in (("'x'", 1), ("10**30", 0), ("5", 5), ("-1", 255), ("[]", 1)):
        error = run.fails(f"raise m.kind({status})", BaseException)
        assert error.status == expected, status


def test_hooks_give_gradients_of_the_same_kind(run) -> None:
    for given in ("5", "ones(3)", "ones(2, dtype=torch.float64)", "[g]"):
        run("x = ones(2, requires_grad=True)")
        run(f"x.register_hook(lambda g: {given})")
        error = run.fails("(x * 2).sum().backward()")
        assert isinstance(error, (TypeError, RuntimeError)), given
    run("y = ones(2, requires_grad=True)\nz = y * 2\nz.grad_fn.register_prehook(lambda g: (g[0] * 5,))\n"
        "z.grad_fn.register_hook(lambda g, _: (g[0] * 3, None))\nz.sum().backward()")  # fmt: skip
    assert run.value("y.grad.tolist()") == [30.0, 30.0]


# Deep structures of everything that holds another, and so frees and calls it: C is deep, too.
NESTS = """
import itertools, functools
def chain(make, start, n=100000):
    for i in range(n): start = make(start)
    return start
for make in (slice, property, staticmethod, classmethod, functools.lru_cache,
             lambda x: iter(len, x), lambda x: functools.partial(print, x),
             lambda x: (x,), lambda x: [x], lambda x: {1: x}, lambda x: lambda: x):
    chain(make, print)
make = [zip, enumerate, lambda i: map(abs, i), lambda i: filter(None, i), itertools.chain,
        lambda i: itertools.islice(i, 5), itertools.cycle, itertools.accumulate,
        lambda i: (x for x in i), lambda i: itertools.takewhile(bool, i)]
for kind in make:
    try: next(chain(kind, iter([1])))
    except (RecursionError, TypeError): pass
class E(Exception): pass
error = None
for i in range(20000):
    try: raise E from error
    except E as e: error = e
def key(x): return [2, 1].sort(key=key)
try: key(1)
except RecursionError: print("done")
"""


def test_deep_structures_do_not_end_the_interpreter(tmp_path: Path) -> None:
    program = tmp_path / "nests.tcalc"
    program.write_text(NESTS)
    done = subprocess.run(
        [sys.executable, "-m", "tcalc", "run", str(program)],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")
