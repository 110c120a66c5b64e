"""What the modules around torch lend is as closed as everything else: each attempt is an error.

A line that begins with `# Kind` says the class of the error that the program below it ends with.
"""

from __future__ import annotations

import builtins

import pytest

from tcalc.diagnosis.diagnostics import diagnose
from tcalc.language import attributes
from tcalc.language.builtins import Exit

ATTEMPTS = r"""
# AttributeError
import os; os.system('true')
---
# AttributeError
import os; os.environ.__class__.__base__
---
# AttributeError
import os; os.popen
---
# AttributeError
import os; os.remove('x.txt')
---
# AttributeError
import os; os.path.os
---
# AttributeError
import os; os.path.genericpath
---
# PermissionError
import os; os.listdir('/')
---
# PermissionError
import os; os.makedirs('../outside/x')
---
# PermissionError
import os; os.mkdir('.hidden')
---
# PermissionError
import os; os.makedirs('site-packages/x')
---
# TypeError
import os; os.path.join(1, 'a')
---
# TypeError
import os; os.path.exists(0)
---
# TypeError
import os
class P:
    def __str__(self): return '/etc/passwd'
os.path.exists(P())
---
# TypeError
open(0)
---
# TypeError
open(None, 'w')
---
# PermissionError
open('/etc/x.txt')
---
# PermissionError
open('../x.txt', 'w')
---
# PermissionError
open('.x.txt', 'w')
---
# OSError
open('x.py', 'w')
---
# OSError
open('x.sh', 'w')
---
# OSError
open('x.txt\0.py', 'w')
---
# TypeError
open('x.txt', 'rb')
---
# ValueError
open('x.txt', 'rw')
---
# TypeError
open('x.txt', 'w', encoding='rot13')
---
# TypeError
open('x.txt', encoding='idna')
---
# TypeError
open('x.txt', errors='surrogateescape')
---
# FileNotFoundError
open('x.txt')
---
# FileNotFoundError
open('no/x.txt', 'w')
---
# PermissionError
from pathlib import Path; Path('/etc/passwd.txt').read_text()
---
# PermissionError
from pathlib import Path; list(Path('/').iterdir())
---
# AttributeError
from pathlib import Path; Path('x').unlink()
---
# AttributeError
from pathlib import Path; Path('x').__fspath__()
---
# AttributeError
from pathlib import Path; Path('x')._pure
---
# AttributeError
from pathlib import Path; Path('x').text
---
# AttributeError
from pathlib import Path; Path('x').name = 'y'
---
# TypeError
from pathlib import Path
class P(Path): pass
---
# TypeError
from pathlib import Path; Path(1)
---
# AttributeError
import sys; sys.modules
---
# AttributeError
import sys; sys._getframe()
---
# AttributeError
import sys; sys.setrecursionlimit(10**9)
---
# AttributeError
import sys; sys.stdout = 1; print(2)
---
# AttributeError
import sys; sys.argv = []
---
# AttributeError
import sys; sys.stdout.buffer
---
# AttributeError
import sys; sys.stdout.fileno()
---
# TypeError
import sys; sys.stdout.write(b := 3)
---
# AttributeError
import sys; sys.exc_info()
---
# AttributeError
import json; json.decoder
---
# TypeError
import json
class E: pass
json.dumps([1], cls=E)
---
# TypeError
import json; json.dumps(ones(2))
---
# ValueError
import json
x = []; x.append(x)
json.dumps(x)
---
# RecursionError
import json; json.dumps(1j, default=lambda o: [o + 1])
---
# TypeError
import json; json.loads(np.ones(2))
---
# TypeError
import json; json.loads('[1]', cls=dict)
---
# RecursionError
import json; json.loads('[' * 100000)
---
# TypeError
import re; re.compile(np.ones(2))
---
# TypeError
import re; re.compile('a'.encode())
---
# TypeError
import re; re.search('a', np.ones(2))
---
# TypeError
import re; re.compile('a').search(ones(2))
---
# AttributeError
import re; re.compile('a').scanner('a')
---
# AttributeError
import re; re.compile('a').__class__.__subclasses__
---
# TypeError
import re; type(re.compile('a'))('a')
---
# ValueError
import re; re.compile('a', 128)
---
# TypeError
import re; re.sub('a', 1, 'a')
---
# AttributeError
import re; re.compile('a').groupindex.mapping
---
# TypeError
import re; re.match('a', 'a').expand(np.ones(2))
---
# TypeError
import re; re.match('a', 'a').expand('a'.encode())
---
# AttributeError
import re; re._parser
---
# ValueError
import argparse; argparse.ArgumentParser(conflict_handler='x')
---
# TypeError
import argparse; argparse.ArgumentParser(formatter_class=argparse.BooleanOptionalAction)
---
# AttributeError
import string; string.Formatter
---
# KeyError
import string; string.Template('${a.__class__}$b').safe_substitute(a=1), string.Template('$x').substitute()
---
# ValueError
import string; string.Template('${a.__class__}').substitute(a=1)
---
# TypeError
import string
class T(string.Template): pass
---
# AttributeError
import contextlib; contextlib.contextmanager(len).__wrapped__
---
# AttributeError
import contextlib
@contextlib.contextmanager
def f(): yield
f().gen
---
# TypeError
import contextlib; contextlib.ExitStack().enter_context(1)
---
# RuntimeError
import contextlib
@contextlib.contextmanager
def f():
    yield 1
    yield 2
with f(): pass
---
# RuntimeError
import contextlib
@contextlib.contextmanager
def f():
    while True:
        try: yield
        except ValueError: pass
with f(): raise ValueError
---
# AttributeError
import contextlib
with contextlib.redirect_stdout(1): print(2)
---
# TypeError
import dataclasses; dataclasses.dataclass(int)
---
# TypeError
import dataclasses; dataclasses.dataclass(nn.Linear)
---
# TypeError
import dataclasses; dataclasses.dataclass(len)
---
# AttributeError
import dataclasses; dataclasses.make_dataclass('A', ['x'])
---
# AttributeError
import dataclasses
@dataclasses.dataclass
class A: x: int = 1
A.__dataclass_fields__
---
# AttributeError
import dataclasses
@dataclasses.dataclass(frozen=True)
class A: x: int = 1
A().x = 2
---
# AttributeError
import dataclasses
@dataclasses.dataclass
class A: x: int = 1
dataclasses.fields(A)[0].name = '__class__'
---
# AttributeError
import dataclasses
@dataclasses.dataclass
class N(nn.Module):
    _parameters_: int = 1
    training_: int = 2
    def __post_init__(self): super().__init__()
N()._hooked
---
# TypeError
from enum import Enum; Enum('X', 'a b')
---
# TypeError
from enum import Enum
class A(Enum): x = 1
A('Y', 'a b')
---
# TypeError
from enum import Enum
class A(Enum): x = 1
class B(A): y = 2
---
# AttributeError
from enum import Enum
class A(Enum): x = 1
A.x = 2
---
# AttributeError
from enum import Enum
class A(Enum): x = 1
A.__members__
---
# TypeError
from enum import Enum
class A(Enum): x = 1
type(A)('B', (), {})
---
# AttributeError
from enum import Enum
class A(Enum): x = 1
A._make_
---
# AttributeError
from enum import Enum
class A(Enum): x = 1
A.need_no_aliases
---
# TypeError
from enum import IntEnum
class A(IntEnum): x = 1.5
---
# AttributeError
from enum import IntEnum
class A(IntEnum):
    x = 1
    def __index__(self): return 10**9
---
# AttributeError
from enum import IntEnum
class M:
    def __int__(self): return 10**9
class A(M, IntEnum): x = 1
---
# ValueError
from enum import Enum
class A(Enum):
    x = 1
    def _make_(self): return len
    def _combined_(self): return len
A(2)
---
# AttributeError
from abc import ABC; ABC.register(int)
---
# TypeError
from abc import ABC, abstractmethod
class A(ABC):
    @abstractmethod
    def f(self): pass
A()
---
# TypeError
from abc import abstractmethod; abstractmethod(len)
---
# TypeError
from collections.abc import Iterable; Iterable()
---
# AttributeError
from collections.abc import Iterable; Iterable.register(int)
---
# AttributeError
from collections.abc import Iterable; Iterable.kind
---
# AttributeError
import datetime; datetime.datetime.__reduce__
---
# TypeError
import datetime; datetime.datetime('\x07\xe5\xff\xff\xff\xff\xff\xff\xff\xff')
---
# TypeError
import datetime; datetime.date('\x07\xe5\xff\xff')
---
# TypeError
import datetime; type(datetime.datetime(1, 1, 1))('\x07\xe5\x01\xff\xff\xff\xff\xff\xff\xff')
---
# TypeError
import datetime
class D(datetime.date): pass
---
# AttributeError
import datetime
class Z(datetime.tzinfo): pass
---
# ValueError
import datetime; datetime.datetime(1, 1, 1).strftime('%9999999d')
---
# ValueError
import time; time.strftime('%')
---
# ValueError
import time; time.strftime('%Q')
---
# ValueError
import time; time.strftime('a\0b')
---
# AttributeError
import argparse; argparse.FileType
---
# TypeError
import argparse; argparse.ArgumentParser(fromfile_prefix_chars='@')
---
# TypeError
import argparse
class N: pass
argparse.ArgumentParser().parse_args([], namespace=N())
---
# ValueError
import argparse; argparse.ArgumentParser().add_argument('--__class__')
---
# ValueError
import argparse; argparse.ArgumentParser().add_argument('--x', dest='__dict__')
---
# ValueError
import argparse; argparse.ArgumentParser().add_argument('--x', dest='_open_')
---
# ValueError
import argparse; argparse.ArgumentParser().set_defaults(__class__=1)
---
# ValueError
import argparse; argparse.Namespace(__class__=1)
---
# AttributeError
import argparse; argparse.Namespace.__dict__
---
# AttributeError
import argparse; setattr(argparse.Namespace(), '__class__', int)
---
# ValueError
import argparse
p = argparse.ArgumentParser(); p.add_argument('--x', dest='__class__', type=lambda x: Exception)
---
# SystemExit
import argparse
p = argparse.ArgumentParser()
try: p.add_argument('--y', '--__class__', type=lambda x: Exception)
except ValueError: pass
p.parse_args(['--__class__', '1'])
---
# TypeError
import argparse
p = argparse.ArgumentParser(); p.add_argument('--x')
try: p.add_argument('--x', dest='__code__')
except Exception as e: e.args[0](p, argparse.Namespace(), 1)
---
# ValueError
import argparse; argparse.ArgumentParser().add_argument('--x', action=len)
---
# ValueError
import argparse; argparse.ArgumentParser().add_argument('--x', type=3)
---
# TypeError
import argparse; argparse.ArgumentParser(formatter_class=len)
---
# TypeError
import argparse; argparse.ArgumentParser(parents=[1])
---
# AttributeError
import argparse; argparse.ArgumentParser().inner
---
# AttributeError
import argparse; argparse.ArgumentParser()._get_args()
---
# MemoryError
import argparse
p = argparse.ArgumentParser(); p.add_argument('--x', help='%(default)99999999999s')
---
# TypeError
import argparse; argparse.ArgumentParser().parse_args([1])
---
# TypeError
import argparse
class P(argparse.ArgumentParser): pass
---
# AttributeError
import logging; logging.getLogger().manager
---
# AttributeError
import logging; logging.Handler
---
# TypeError
import logging; logging.getLogger('a').addHandler(print)
---
# TypeError
import logging; logging.StreamHandler().setFormatter(print)
---
# TypeError
import logging
class H(logging.StreamHandler): pass
---
# MemoryError
import logging; logging.Formatter('%(name)99999999999s')
---
# PermissionError
import logging; logging.FileHandler('/tmp/../etc/x.log')
---
# TypeError
import operator; operator.attrgetter(1)
---
# AttributeError
import operator; operator.attrgetter('__class__.__base__')(1)
---
# AttributeError
import operator; operator.methodcaller('__subclasses__')(int)
---
# AttributeError
import operator; operator.setitem
---
# MemoryError
import operator; operator.pow(10, 10**10)
---
# MemoryError
import operator; operator.mul('a', 10**13)
---
# TypeError
import heapq; heapq.heappush((1,), 2)
---
# TypeError
import tqdm; tqdm.tqdm([1], writes_to='x')
---
# TypeError
from tqdm import tqdm; list(tqdm(3))
---
# AttributeError
from tqdm import tqdm; tqdm([1])._items
---
# TypeError
from tqdm import tqdm
class T(tqdm): pass
---
# AttributeError
import gc; gc.get_objects()
---
# AttributeError
import gc; gc.get_referrers
---
# TypeError
import io; io.StringIO('a'.encode())
---
# AttributeError
import io; io.FileIO
---
# AttributeError
import io; io.open_code
---
# AttributeError
import io; io.StringIO('a')._text
---
# TypeError
import io; io.StringIO().write(3)
---
# ValueError
import io; f = io.StringIO(); f.close(); f.read()
---
# OSError
import io; torch.save(1, io.StringIO()) if hasattr(torch, 'zzz') else save(1, 'x.exe')
---
# TypeError
import io; load(io.StringIO('1'))
---
# EOFError
input()
---
# AttributeError
'a'.encode().obj
---
# TypeError
'a'.encode() + np.ones(2)
---
# TypeError
'a'.encode().join([np.ones(2)])
---
# TypeError
'a'.encode() % (1,)
---
# TypeError
bytearray(np.array([1.5]))
---
# TypeError
a = bytearray(3); a[0:2] = np.array([1.5])
---
# TypeError
hash(bytearray(3))
---
# ValueError
bytearray(3)[0] = 256
---
# MemoryError
bytearray(10**13)
---
# MemoryError
a = bytearray(1000); a *= 10**13
---
# MemoryError
'a'.encode().center(10**13)
---
# MemoryError
('a' * 10**6).encode().replace('a'.encode(), ('a' * 10**7).encode())
---
# TypeError
bytes(np.array([1.5]))
---
# MemoryError
bytes(10**13)
---
# TypeError
np.array('a'.encode())
---
# TypeError
int.__add__('a'.encode(), 1)
---
# UnicodeError
'\ud800'.encode()
---
# UnicodeError
bytes([255]).decode()
---
# TypeError
delattr(1, 2)
---
# AttributeError
delattr(int, 'real')
---
# ImportError
import importlib; importlib.import_module('posix')
---
# TypeError
import importlib; importlib.reload(3)
---
# AttributeError
import importlib; importlib.machinery
---
# TypeError
class A(SystemExit): pass
---
# TypeError
class A(KeyboardInterrupt): pass
---
# AttributeError
try: exit(3)
except SystemExit as e: e.told
---
# AttributeError
try: exit(3)
except SystemExit as e: e.__traceback__
---
# TypeError
import statistics; statistics.mean(['a'])
---
# MemoryError
import textwrap; textwrap.fill('a', 10**13)
---
# TypeError
import textwrap; textwrap.dedent(1)
---
# TypeError
import glob; glob.glob(3)
"""


def _attempts() -> list[tuple[str, str]]:
    blocks = ATTEMPTS.strip("\n").split("\n---\n")
    return [(kind[2:], text) for kind, _, text in (block.partition("\n") for block in blocks)]


@pytest.mark.parametrize(("kind", "text"), _attempts())
def test_attempts_are_errors(run, kind: str, text: str, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    expected = Exit if kind == "SystemExit" else getattr(builtins, kind)
    error = run.fails(text, expected)
    found = diagnose(error, run.session)
    assert found.kind != "InternalError", found.message
    assert found.source is not None and found.span is not None
    assert not list(tmp_path.iterdir())


TABLES = """
import os, sys, json, re, string, contextlib, dataclasses, datetime, argparse, enum, abc, io, gc
import importlib, logging, pprint, operator, heapq, bisect, statistics, textwrap, glob, tqdm, time
import collections.abc, pathlib, inspect
"""
VALUES = """
pathlib.Path('a/b.txt') io.StringIO('a') sys.stdout sys.stdin sys.argv sys.version_info
sys.float_info re.compile('(?P<a>a)') re.match('(?P<a>a)','a') string.Template('a') time.localtime()
contextlib.suppress(KeyError) contextlib.nullcontext() contextlib.ExitStack() cm() cm
contextlib.closing(sys.stdout) contextlib.redirect_stdout(sys.stderr) D() D dataclasses.field()
dataclasses.fields(D) dataclasses.fields(D)[0] dataclasses.MISSING dataclasses.FrozenInstanceError
datetime.datetime(2020,1,1) datetime.date(2020,1,1) datetime.time(1) datetime.timedelta(1)
datetime.timezone.utc datetime.datetime datetime.date datetime.timedelta datetime.timezone
datetime.date(2020,1,1).isocalendar() parser argparse.ArgumentParser().add_argument('--xx') argparse.ArgumentParser().add_subparsers()
argparse.Namespace(a=1) argparse.Namespace argparse.HelpFormatter argparse.ArgumentTypeError
Color Color.RED enum.Enum enum.auto() Num.ONE Bits.A|Bits.B abc.ABC logging.getLogger('q')
logging.StreamHandler() logging.Formatter() operator.itemgetter(1) operator.attrgetter('a')
operator.methodcaller('a') tqdm.tqdm([1]) tqdm.trange(3) 'a'.encode() bytes bytearray(3) bytearray Ability
SystemExit SystemExit(3) KeyboardInterrupt json.JSONDecodeError re.error statistics.StatisticsError
inspect.signature(D) inspect.signature(lambda:0).parameters inspect.Signature inspect.Parameter
inspect.Parameter.empty inspect.signature(print).parameters['sep']
""".split()
SETUP = (
    TABLES
    + """
@contextlib.contextmanager
def cm_(): yield 1
cm = cm_
@dataclasses.dataclass
class D:
    x: int = 1
    y: list = dataclasses.field(default_factory=list)
class Color(enum.Enum): RED = 1
class Num(enum.IntEnum): ONE = 1
class Bits(enum.Flag):
    A = 1
    B = 2
Ability = collections.abc.Iterable
parser = argparse.ArgumentParser()
"""
)
INNER = """
__globals__ __code__ __self__ __func__ __wrapped__ __bases__ __mro__ __base__ __closure__
__subclasses__ __builtins__ __traceback__ __reduce_ex__ __reduce__ __getattribute__ __new__ mro
__init_subclass__ __annotations__ __dataclass_fields__ __members__ _member_map_ __isabstractmethod__
gen func args_ kwds_ gi_frame _text _pure inner _items _stream _public_ _open_ _hidden_ register
__fspath__ __module__ __qualname__ __weakref__ __slots__ tzinfo_ buffer detach raw
"""


def test_nothing_shows_its_insides(run, capsys) -> None:
    run(SETUP)
    for value in VALUES:
        found = run.value(f"[{value}]")[0]
        text = run.value(f"repr({value})")
        assert " at 0x" not in text and "tcalc." not in text, (value, text)
        for name in INNER.split():
            error = run.fails(f"({value}).{name}")
            assert isinstance(error, AttributeError), (value, name, error)
            assert run.value(f"hasattr({value}, {name!r})") is False, (value, name)
        for name in attributes.visible(found):
            run(f"hasattr({value}, {name!r})")


def test_no_function_of_a_table_holds_a_module_or_a_class_of_ours(run) -> None:
    """What members give when they are read is of types that programs may have."""
    import types

    run(SETUP)
    dangerous = (types.ModuleType, types.CodeType, types.FrameType, types.TracebackType)
    for value in VALUES:
        found = run.value(f"[{value}]")[0]
        for name in attributes.visible(found):
            try:
                member = attributes.read(found, name)
            except Exception:  # what cannot be read is not reached
                continue
            assert not isinstance(member, dangerous), (value, name)
            assert not (isinstance(member, type) and member.__module__.startswith("tcalc")), name


TWICE = """
class Twice:
    asked = 0
    def __index__(self):
        self.asked = self.asked + 1
        return 1 if self.asked == 1 else 1 << 50
"""


def test_a_width_is_asked_for_once(run) -> None:
    run("import secrets, calendar" + TWICE)
    for name in ("center", "ljust", "rjust", "zfill"):
        for kind in ("bytes", "bytearray"):
            assert run.value(f"len({kind}([1, 2]).{name}(Twice()))") == 2
    assert run.value("secrets.randbits(Twice()) < 2") is True
    assert run.value("len(calendar.month(2024, 1, Twice(), Twice())) < 1000") is True
