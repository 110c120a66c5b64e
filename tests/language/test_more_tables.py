"""Modules that scripts import around torch: what they give is what Python's own give."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

SAME = r'''
import hashlib; hashlib.md5('a'.encode()).hexdigest()
import hashlib; h = hashlib.sha256(); h.update('ab'.encode()); h.copy().hexdigest(), h.name, h.digest_size, h.block_size
import hashlib; hashlib.new('sha1', 'x'.encode()).digest()
import hashlib; hashlib.md5(usedforsecurity=False).digest()
import hashlib; hashlib.blake2b(bytearray(3)).hexdigest()
import base64; base64.b64encode('hello?>'.encode()), base64.b64encode('hello?>'.encode(), '-_'.encode())
import base64; base64.b64decode('aGVsbG8/Pg=='), base64.b64decode('aGVsbG8_Pg=='.encode(), '-_')
import base64; base64.urlsafe_b64encode(bytes([255, 254])), base64.urlsafe_b64decode('__4=')
import base64; base64.b32encode(bytes(3)), base64.b16encode(bytes([171])), base64.b16decode('AB'), base64.b85decode(base64.b85encode(bytes(9)))
import base64; base64.encodebytes(bytes(100)), base64.decodebytes(base64.encodebytes(bytes(100)))
import struct; struct.pack('<iHd', -3, 7, 1.5), struct.unpack('<iHd', struct.pack('<iHd', -3, 7, 1.5))
import struct; struct.calcsize('>4s2i'), struct.unpack('>4s', 'abcd'.encode()), list(struct.iter_unpack('<H', bytes(range(6))))
import struct; struct.unpack_from('<H', bytes(range(6)), 2), struct.pack('?3s', True, bytearray(3))
import html; html.escape('<a href="x">&</a>'), html.escape('"', quote=False), html.unescape('&lt;&eacute;&#39;')
import cmath; cmath.sqrt(-1), cmath.phase(1j), cmath.polar(3 + 4j), cmath.exp(cmath.pi * 1j)
import errno; errno.EEXIST, errno.errorcode[errno.ENOENT]
import numbers; isinstance(1, numbers.Number), isinstance(1.5, numbers.Integral), isinstance(2j, numbers.Real), isinstance('a', numbers.Complex), issubclass(int, numbers.Rational)
import platform, sys; platform.python_version(), platform.system(), platform.machine(), platform.python_implementation(), platform.python_version_tuple()
import calendar; calendar.isleap(2024), tuple(map(int, calendar.monthrange(2024, 2))), int(calendar.weekday(2024, 2, 29)), calendar.leapdays(1900, 2001)
import calendar; calendar.month_name[2], calendar.day_abbr[6], int(calendar.MONDAY), calendar.monthcalendar(2024, 2)[0], len(list(calendar.month_name))
import calendar; calendar.month(2024, 2), calendar.month(2024, 2, 3, 2)
import calendar, time; calendar.timegm(time.gmtime(1234567)), calendar.timegm((2024, 2, 29, 1, 2, 3))
import uuid; uuid.uuid5(uuid.NAMESPACE_DNS, 'a.b'), str(uuid.uuid3(uuid.NAMESPACE_URL, 'x'))
import uuid; u = uuid.UUID('{12345678123456781234567812345678}'); u, u.hex, u.int, u.version, u.urn, u.bytes, u == uuid.UUID(u.hex), {u: 1}[u]
import uuid; len(str(uuid.uuid4())), uuid.uuid4() == uuid.uuid4(), uuid.uuid4().version
import secrets; len(secrets.token_hex(4)), len(secrets.token_bytes(5)), secrets.randbelow(1), secrets.choice([7]), secrets.compare_digest('a', 'a')
import csv; list(csv.reader(['a,b', '"c ""q""",d', '"two', 'lines",e']))
import csv; list(csv.reader('a|b||c'.splitlines(), delimiter='|')), list(csv.reader(["'a b' 'c'"], delimiter=' ', quotechar="'"))
import csv; list(csv.reader(['1,x'], quoting=csv.QUOTE_NONE)), csv.QUOTE_ALL, csv.list_dialects()[0]
import csv; r = csv.reader(['a', 'b']); next(r), r.line_num, list(r), r.line_num
import csv; list(csv.DictReader(['x,y', '1,2', '', '3'], restval='-')), csv.DictReader(['x,y']).fieldnames
import csv; list(csv.DictReader(['1,2,3'], fieldnames=['a', 'b'], restkey='more'))
import csv, io; f = io.StringIO(); w = csv.writer(f); w.writerow([1, 2.5, None, 'a "b"', 'c,d', True]); w.writerows([[1], ['x', 'y']]); f.getvalue()
import csv, io; f = io.StringIO(); w = csv.writer(f, delimiter=';', quoting=csv.QUOTE_NONNUMERIC, lineterminator='|'); w.writerow([1, 'a']); f.getvalue()
import csv, io; f = io.StringIO(); w = csv.DictWriter(f, ['a', 'b'], extrasaction='ignore', dialect='excel-tab'); w.writeheader(); w.writerow({'b': 1, 'c': 2}); w.writerows([{'a': 0}]); f.getvalue()
import time; time.asctime((2024, 2, 29, 1, 2, 3, 3, 60, 0)), time.strftime('%Y-%m-%d', time.gmtime(0)), time.mktime(time.localtime(0)), time.gmtime(0).tm_year
import time; time.monotonic() <= time.monotonic(), time.process_time() >= 0, time.perf_counter_ns() > 0, time.sleep(0)
'''.strip()


@pytest.mark.parametrize("line", SAME.splitlines())
def test_as_in_python(run: Any, line: str) -> None:
    *statements, expression = line.split("; ")
    names: dict[str, Any] = {}
    for statement in statements:
        exec(statement, names)
        run(statement)
    assert run.value(f"repr(({expression}))") == repr(eval(expression, names))


def test_csv_and_files(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run("""
import csv
with open('a.csv', 'w', newline='') as f:
    w = csv.writer(f)
    w.writerow(['name', 'n'])
    w.writerow(['a, b', torch.tensor(3).item()])
with open('a.csv') as f: rows = list(csv.DictReader(f))
""")
    assert (tmp_path / "a.csv").read_bytes() == b'name,n\r\n"a, b",3\r\n'
    assert run.value("rows") == [{"name": "a, b", "n": "3"}]


# The order of packaging 26, and what it says of each.
VERSIONS = """
1.0.dev3 1.0a1.dev1 1.0a1 1.0a2.post1 1.0b1 1.0rc1 1.0 1.0+cpu 1.0+cpu.1 1.0+1 1.0.post1.dev2 1.0.post1
1.0.1 1.1 1.10 2.13.0 2.13.0.1 1!0.1
""".split()


def test_versions(run: Any) -> None:
    run(
        "from packaging import version\nfrom packaging.version import Version, parse\nimport packaging"
    )
    found = run.value(f"[str(v) for v in sorted(map(parse, {VERSIONS[::-1]}))]")
    assert found == VERSIONS
    assert run.value(
        "[str(parse(v)) for v in ('V1.0.0-ALPHA_1', '1.0-3', '1.0.rev2', '1.2preview', '1.0.DEV', '1.0+A_b')]"
    ) == ["1.0.0a1", "1.0.post3", "1.0.post2", "1.2rc0", "1.0.dev0", "1.0+a.b"]
    assert run.value(
        "parse('1.0') == Version('1.0.0'), hash(parse('1.0')) == hash(parse('1'))"
    ) == (
        True,
        True,
    )
    assert run.value(
        "v = parse('2.13.0rc1+cpu'); v.major, v.minor, v.micro, v.release, v.base_version, v.public, "
        "v.local, v.pre, v.is_prerelease, v.is_devrelease, v.post, repr(v)"
    ) == (2, 13, 0, (2, 13, 0), "2.13.0", "2.13.0rc1", "cpu", ("rc", 1), True, False, None,
          "<Version('2.13.0rc1+cpu')>")  # fmt: skip
    assert run.value("version.parse(torch.__version__) >= version.parse('2.0')") is True
    run.fails("parse('x')", ValueError)
    run.fails("parse('1' * 5000)", ValueError)
    run.fails("parse(2)", TypeError)
    run.fails("parse('1') < '2'", TypeError)


def test_errors_as_text(run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    text = run.value("""
import traceback
def f(x):
    return 1 / x
def g():
    try:
        f(0)
    except ZeroDivisionError:
        return traceback.format_exc()
g()
""")
    assert text == (
        'Traceback (most recent call last):\n  File "test.tcalc", line 7, in g\n    f(0)\n'
        '  File "test.tcalc", line 4, in f\n    1 / x\nZeroDivisionError: division by zero\n'
    )
    text = run.value("""
class Mine(Exception): pass
try:
    try: f(0)
    except ZeroDivisionError as e: raise Mine('x') from e
except Mine as error:
    text = ''.join(traceback.format_exception(error))
    kinds = traceback.format_exception_only(type(error), error), traceback.format_exc(limit=0)
    same = traceback.format_exc() == text == ''.join(traceback.format_exception(Mine, error, None))
text, kinds, same
""")
    assert "direct cause" in text[0] and text[0].endswith("Mine: x\n")
    assert text[1][0] == ["Mine: x\n"] and text[1][1].endswith("exception:\n\nMine: x\n")
    assert text[2] is True
    assert run.value("traceback.format_exc()") == "NoneType: None\n"
    run("try: torch.ones(2, 3) @ torch.ones(2, 3)\nexcept RuntimeError: traceback.print_exc()")
    told = capsys.readouterr().err
    assert told.startswith("Traceback (most") and "ShapeError: mat1 and mat2" in told
    assert "tcalc." not in told and "session" not in told and " at 0x" not in told
    run(
        "import io; out = io.StringIO()\ntry: f(0)\nexcept Exception as e: traceback.print_exception(e, file=out)"
    )
    assert run.value("out.getvalue()").endswith("division by zero\n")
    run.fails("traceback.format_exception(3)", TypeError)


def test_what_notebooks_show(run: Any) -> None:
    assert (
        run.output(
            "from IPython.display import display, Image, SVG, clear_output\nfrom IPython import display as d\n"
            "display(3, 'a'); clear_output(wait=True); display(Image(filename='x.png')); d.display([1])"
        )
        == "3\n'a'\n<IPython.display.Image object>\n[1]\n"
    )


CLOSED = """
TypeError: import hashlib; hashlib.md5('a')
TypeError: import hashlib; hashlib.md5(np.array([1.5]))
TypeError: import hashlib; type(hashlib.md5())(3)
ValueError: import hashlib; hashlib.new('shake_128')
AttributeError: import hashlib; hashlib.file_digest
AttributeError: import hashlib; hashlib.md5()._hash
TypeError: import base64; base64.b64encode('a')
TypeError: import base64; base64.b64encode(np.array([1]))
ValueError: import base64; base64.b64decode('a')
ValueError: import base64; base64.b64decode('é')
AttributeError: import base64; base64.binascii
struct.error: import struct; struct.pack('i', 1 << 40)
struct.error: import struct; struct.unpack('i', bytes(3))
MemoryError: import struct; struct.pack(f'{1 << 50}s', bytes(1))
MemoryError: import struct; struct.unpack(f'{1 << 50}x', bytes(1))
TypeError: import struct; struct.pack('i', 'a')
TypeError: import struct; struct.unpack('4s', np.zeros(1, dtype='float32'))
AttributeError: import struct; struct.pack_into
AttributeError: import struct; struct.Struct
TypeError: import html; html.escape(3)
AttributeError: import html; html.entities
MemoryError: import secrets; secrets.token_bytes(1 << 50)
AttributeError: import secrets; secrets.SystemRandom
MemoryError: import calendar; calendar.month(2024, 1, 1 << 50)
ValueError: import calendar; calendar.monthrange(2024, 13)
AttributeError: import calendar; calendar.sys
TypeError: import uuid; uuid.UUID(3)
ValueError: import uuid; uuid.UUID('3')
AttributeError: import uuid; uuid.getnode
AttributeError: import uuid; uuid.uuid4()._own
AttributeError: import platform; platform.os
AttributeError: import platform; platform.node
AttributeError: import traceback; traceback.sys
AttributeError: import traceback; traceback.extract_stack
TypeError: import csv; csv.reader(3)
csv.Error: import csv; list(csv.reader([1]))
csv.Error: import csv; csv.reader([], dialect='x')
TypeError: import csv; csv.reader([], delimiter='ab')
TypeError: import csv; csv.reader([], fileno=1)
AttributeError: import csv; csv.writer(3)
AttributeError: import csv; csv.register_dialect
ValueError: import csv, io; csv.DictWriter(io.StringIO(), ['a']).writerow({'b': 1})
TypeError: import numbers; numbers.Number.register(str)
TypeError: import csv; csv.reader.__init__.__globals__
AttributeError: from packaging import version; version.re
AttributeError: import IPython; IPython.start_ipython
""".strip()


@pytest.mark.parametrize("line", CLOSED.splitlines())
def test_what_they_do_not_do(run: Any, line: str) -> None:
    kind, _, program = line.partition(": ")
    error = run.fails(program)
    kinds = {f"{k.__module__}.{k.__name__}".removeprefix("builtins.") for k in type(error).__mro__}
    if kind == "struct.error":
        kinds.add(f"{type(error).__module__}.{type(error).__name__}")
    assert kind in {k.removeprefix("_") for k in kinds} or (
        kind == "TypeError" and "AttributeError" in kinds
    ), (kinds, error)


VALUES = """
hashlib.md5() hashlib.new hashlib.md5 uuid.uuid4() uuid.UUID uuid.uuid5 csv.reader([]) csv.reader
csv.writer(io.StringIO()) csv.DictReader([]) csv.DictWriter(io.StringIO(),[]) struct.iter_unpack('b',bytes(2))
struct.error csv.Error traceback.format_exc version.parse('1.0') version.Version version.InvalidVersion
IPython.display.Image('x') IPython.display.Image numbers.Number platform.system calendar.month_name
secrets.choice base64.b64decode bytearray(3) ascii
""".split()
INNER = """
__globals__ __code__ __self__ __func__ __wrapped__ __bases__ __mro__ __base__ __closure__ __subclasses__
__builtins__ __reduce_ex__ __reduce__ __getattribute__ __new__ mro __init_subclass__ __annotations__
_hash _own _lines _rows _file _key _bytes _store of __weakref__ __slots__ register _public_
""".split()


def test_nothing_shows_its_insides(run: Any) -> None:
    run(
        "import hashlib, uuid, csv, io, struct, traceback, IPython, numbers, platform, calendar, secrets\n"
        "import base64\nfrom packaging import version"
    )
    for value in VALUES:
        text = run.value(f"repr({value})")
        assert " at 0x" not in text and "tcalc." not in text, (value, text)
        for name in INNER:
            assert run.value(f"hasattr({value}, {name!r})") is False, (value, name)
        if "(" in value:
            run.fails(f"({value}).new_name = 1", AttributeError)


def test_programs_that_meddle(run: Any) -> None:
    """What is stepped on while it is at work says so, or goes on."""
    run("""
import csv, io
class Lines:
    def __iter__(self): return self
    def __next__(self): return next(r)
r = csv.reader(Lines())
""")
    assert "re-enter" in str(run.fails("next(r)", RuntimeError))
    run("""
class Row:
    def __str__(self):
        w.writerow(['inner']); return 'outer'
f = io.StringIO(); w = csv.writer(f)
w.writerow([Row(), 1])
""")
    assert run.value("f.getvalue()") == "inner\r\nouter,1\r\n"


def test_errors_of_files_have_numbers(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run("""
import errno, os
found = []
for attempt in (lambda: [os.makedirs('a'), os.makedirs('a')], lambda: open('b.txt'), lambda: os.listdir('/')):
    try: attempt()
    except OSError as error: found.append(errno.errorcode[error.errno])
""")
    assert run.value("found") == ["EEXIST", "ENOENT", "EACCES"]


@pytest.mark.parametrize("name", "unittest six pickle threading zipfile cv2 wandb shutil".split())
def test_what_is_left_out_says_what_does_its_job(run: Any, name: str) -> None:
    error = run.fails(f"import {name}", ModuleNotFoundError)
    assert getattr(error, "hint", None)
