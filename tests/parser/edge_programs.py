"""Programs at the edges of Python's rules; whether each is right is for Python to say."""

from __future__ import annotations


def nested(header: str, count: int, body: str = "pass") -> str:
    """A block header within itself a number of times."""
    lines = [" " * depth + header for depth in range(count)]
    return "\n".join([*lines, " " * count + body]) + "\n"


EXPRESSIONS = r"""
1 + 2 * 3 - -4 ** -2 ** 3
not a == b and not c or d
a < b <= c != d is not e not in f in g is h
not not - + ~ x
a if b else c if d else e
a if b else lambda: c if d else e
lambda: (yield)
lambda x, *y, z=1, **k: x
lambda x, /, y=2, *, z: (x, y, z)
lambda *, x: x
lambda *: x
lambda *, **k: x
lambda x=1, y: x
lambda x, x: x
lambda (x): x
lambda /: x
lambda x, /, /: x
lambda *x, /: x
lambda **k, x: x
lambda *x=1: x
lambda **x=1: x
lambda: yield
lambda x: *x
1 + lambda: 2
x or lambda: 1
not lambda: 1
-not x
1 + not x
a == not b
2 ** not x
x.y[z](w).v
x[1:2, ::3, ..., None, *a]
x[a:=1]
x[a:=1, b]
x[a:=1:2]
x[(a:=1):2]
x[:]
x[::]
x[]
x[*a]
x[*a:b]
x[a b]
x[yield]
f(a, *b, c=1, *d, **e, f=2, **g)
f(**a, *b)
f(a=1, b)
f(**a, b)
f(a=1, a=2)
f(a for a in b)
f(a for a in b, c)
f(c, a for a in b)
f(a for a in b,)
f((a for a in b), c)
f(*a for a in b)
f(**a for a in b)
f(a=b for b in c)
f(a.b=1)
f((a)=1)
f(True=1)
f(a := 1, b := 2)
f(a=b:=1)
f(*a := 1)
f(1=2)
f(*)
f(**)
f(,)
f(a,,b)
f(yield)
f((yield))
f(*a if b else c)
f(*lambda: x)
[*a, *b, c]
[*a if b else c]
[*a or b]
(*a, b)
(*a)
(*a,)
{*a, b}
{**a, 'b': c, **d}
{**a or b}
{'a': 1, *b}
{*a: 1}
{a: *b}
{a: 1, b}
{a, b: 1}
{a := 1}
{a := 1: 2}
{a: b := 1}
{(a := 1): (b := 2)}
{**a for a in b}
{*a for a in b}
[*a for a in b]
(*a for a in b)
[a, b for a in c]
[(a, b) for a, b in c if d if e for f in g]
[a for a in b if c else d]
[a for a in b if (c if d else e)]
[a for a in lambda: x]
[a for a in b, c]
[a for a, in b]
[a for *a, b in c]
[a for *a in b]
[a for f() in b]
[a for a in *b]
[a for a in b if c := 1]
[a for a in b if (c := 1)]
[a := 1 for b in c]
[a for (a) in b]
[a for a.b in c]
[a for a[0] in c]
[a for a in (yield)]
[(yield) for a in b]
[a for a in (b := c)]
[a for a in b for d in (e := f)]
[a for a in [b := 1 for c in d]]
[a for a in (lambda: (b := 1))()]
[(lambda: (b := 1)) for a in c]
[a := 1 for a in b]
[[a := 1 for c in d] for a in b]
[[(a, b) for a in c] for b in d if (e := b)]
[a for b in c if (a := b) for a in d]
[a for b in c for a in (b := d)]
{a: b for a, b in c}
{a: b for a in c for b in d}
{a: (yield) for a in b}
(a for a in b)
(a, b for a in c)
(a := 1)
(a := b := 1)
(a, b := 1, c)
(a.b := 1)
((a) := 1)
(1 := 2)
(True := 1)
(a := 1 for b in c)
(lambda: (a := 1))
(a := lambda: 1)
lambda: a := 1
a := 1
(yield)
(yield) + 1
(yield from a)
(yield a, b)
(yield *a)
(yield *a, b)
(yield from a, b)
()
[]
{}
(,)
[,]
{,}
(1, )
1,
1, 2
*a, b
*a
*a,
(a
a)
'a' 'b' "c"
'a' f'{b}' 'c' f"{d}"
u'a' r'\n' R'\d' U'x'
ur'a'
'\x41\u0041\U00000041\101\N{DIGIT ONE}\
'
'\x4'
'\u004'
'\U00110000'
'\N{no such name}'
'\N'
'\q'
r'\'
r'\''
'''a'b"c\''''
""
'''
'''
f''
f'a'
f'{a}{b!r}{c!s:>10}{d:{e}.{f}}{g=}{h = !a:x}'
f'{{{a}}}'
f'{a!x}'
f'{a!}'
f'{a! r}'
f'{a!r }'
f'{}'
f'{ }'
f'{!r}'
f'{:x}'
f'{a:}'
f'{a b}'
f'{a'
f'a}'
f'{a}}'
f'}}{{'
f'{a["b"]}'
f'{a[\'b\']}'
f'{a!=b}'
f'{a==b}'
f'{a<=b}'
f'{a>=b:>5}'
f'{a:=5}'
f'{(a:=5)}'
f'{lambda x: 1}'
f'{(lambda x: 1)}'
f'{a:{b:{c}}}'
f'{a:{b:{c:{d}}}}'
f'{*a}'
f'{*a, b}'
f'{**a}'
f'{a, b}'
f'{yield}'
f'{a for a in b}'
f'{[a for a in b]}'
f'{ {1: 2}[1] }'
f'{a if b else c}'
f'{"#"}'
f'{a#}'
f'{a\n}'
f'\{a}\x41\N{DIGIT ONE}'
rf'\{a}\d{b:\d}'
f'{a:\x41}'
f'{a:\N{DIGIT ONE}}'
f'''{
a
}'''
f'''{a
:x}'''
f'{a[1:2]}{a[b:c]:d}'
f'{f"{f"{a}"}"}'
f'{f"{a}"}'
f'{f"{f'''{a}'''}"}'
f'{a=}{b=!s}{c=:x}'
f'{a = }'
f'{a=b}'
f'{a+=1}'
f'{import x}'
f'{a;b}'
f'{(a}'
f'{a)}'
f'{a]}'
f'{"a" "b"}'
F'{a}' rF'{b}' Rf'{c}' fr"{d}"
0 00 000
0
00
0_0
007
0o17 + 0O17 + 0xfF + 0XA + 0b1 + 0B0_1
0o8
0b2
0xg
0x
1_000_000
1__0
1_
_1
1_000.000_1e1_0
1._0
1.e5
.5
1.
1..real
1.real
1 .real
1.5.real
1e5
1e
1e+
1E-5j
1j
1J
0j
00j
09
09.5
09e1
09j
1if 2else 3
1or 2
1and 2
1in a
1is 2
0x1for x in y
0xfor 1
1not in a
1foo
1_a
12abc
1e5x
...
....
a....b
None True False
None
True.x
x.None
x.if
x.1
x . y
x..y
x.
a ++ b
a -- b
a && b
a <> b
a === b
!a
a?
a $ b
`a`
a ^^ b
a ~ b
a ~b
a->b
a => b
a or
or a
and
a if b
a if b else
if a: b else: c
a is not not b
a not b
a not in not b
a in b not in c
await a
print a
print(a) b
a b
a 1
1 a
'a' b
a 'b'
a(b)(c) d
a, b c
f(a b)
[a b]
{a b}
(a b)
""".strip("\n").split("\n")

PROGRAMS = [
    "",
    "\n\n# only a comment\n",
    "x = 1; y = 2;",
    ";",
    "x;;y",
    "x = y = z = 1",
    "x = y = yield",
    "x, y = y, x",
    "x, *y = z",
    "*x, *y = z",
    "*x = y",
    "*x, = y",
    "[*x] = y",
    "(*x) = y",
    "(*x,) = y",
    "[x, [*y, z]] = w",
    "x, (y, *z), *w = v",
    "x = *y",
    "x = *y, z",
    "x = *y, *z = w",
    "() = x",
    "[] = x",
    "() += x",
    "x() = 1",
    "x.y = x[0] = 1",
    "x + y = 1",
    "-x = 1",
    "(x, y + 1) = z",
    "[x for x in y] = z",
    "{} = x",
    "'a' = x",
    "f'{a}' = x",
    "1 = x",
    "None = x",
    "... = x",
    "x if y else z = 1",
    "lambda: x = 1",
    "(yield) = x",
    "def f(): (yield) = x",
    "def f(): x = yield = 1",
    "(x := 1) = 2",
    "x == 1 = 2",
    "not x = 1",
    "x += 1",
    "x **= 2; x //= 3; x <<= 4; x >>= 5; x @= y; x |= z; x &= w; x %= v",
    "x += y += 1",
    "x = y += 1",
    "x += y = 1",
    "(x) += 1",
    "((x)) += 1",
    "x, y += 1",
    "(x, y) += 1",
    "[x] += 1",
    "x() += 1",
    "x.y += 1",
    "x[0] += 1, 2",
    "*x += 1",
    "x += *y",
    "x += *y, z",
    "None += 1",
    "x += yield",
    "def f(): x += yield",
    "x: int",
    "x: int = 1",
    "x: int = 1, 2",
    "x: int = *y, z",
    "x: int = *y",
    "x: int, str",
    "x: (y := int)",
    "x: y := int",
    "x: lambda: 1 = 2",
    "(x): int = 1",
    "((x)): int",
    "x.y: int",
    "x[0]: int = 1",
    "x, y: int",
    "(x, y): int",
    "[x]: int",
    "x(): int",
    "1: int",
    "x: int = y = 1",
    "x = y: int",
    "x: int += 1",
    "x: *int",
    "x: yield",
    "def f(): x: int = yield",
    "x:",
    "del x",
    "del x,",
    "del x, y.z, w[0]",
    "del (x)",
    "del (x, y), [z, w]",
    "del (x), y",
    "del (x, y),",
    "del ()",
    "del []",
    "del",
    "del x()",
    "del *x",
    "del *x, y",
    "del (*x, y)",
    "del x + y",
    "del 1",
    "del None",
    "del x y",
    "del (x, 1)",
    "pass pass",
    "pass; pass",
    "pass x",
    "break",
    "continue",
    "return",
    "yield",
    "yield x",
    "if x: break",
    "for x in y: break",
    "for x in y: continue",
    "while x: break\nelse: break",
    "for x in y: pass\nelse: continue",
    "for x in y:\n for z in w: pass\n else: break",
    "for x in y:\n def f(): break",
    "for x in y:\n class C: break",
    "for x in y:\n try: break\n finally: continue",
    "for x in y:\n with z: break",
    "for x in y:\n lambda: 1; break",
    "def f(): return",
    "def f(): return x, *y",
    "def f(): return *x",
    "def f(): return yield x",
    "def f(): return (yield x)",
    "def f():\n class C: return 1",
    "class C: return",
    "class C: yield",
    "class C: x = (yield)",
    "class C:\n def f(self): yield",
    "def f(): yield\ndef g(): return 1; yield",
    "def f(): yield from x",
    "def f(): yield from *x",
    "def f(): x = yield from y; z = [(yield)]",
    "def f(): [x for x in (yield)]",
    "def f(): [(yield) for x in y]",
    "def f(): [x for x in y if (yield)]",
    "def f(): [x for x in y for z in (yield)]",
    "def f(): [lambda: (yield) for x in y]",
    "def f(): {(yield): 1 for x in y}",
    "def f(): (x for x in y if (yield from z))",
    "def f(): (yield)[0] = 1",
    "def f(x=(yield)): pass",
    "def f():\n def g(x=(yield)): pass",
    "def f():\n @(yield)\n def g(): pass",
    "def f():\n class C((yield)): pass",
    "raise",
    "raise x",
    "raise x from y",
    "raise x from",
    "raise from x",
    "raise x, y",
    "raise x from y from z",
    "assert x",
    "assert x, y",
    "assert x, y, z",
    "assert (x, y)",
    "assert",
    "assert x = 1",
    "assert x, *y",
    "global x",
    "global x, y",
    "global x,",
    "global",
    "global x.y",
    "global (x)",
    "global x = 1",
    "nonlocal x",
    "def f(): nonlocal x",
    "def f():\n x = 1\n def g(): nonlocal x",
    "def f(x):\n def g(): nonlocal x; x = 1",
    "def f():\n def g(): nonlocal x\n x = 1",
    "def f():\n def g():\n  nonlocal x\n  def h(): nonlocal x\n x = 1",
    "def f():\n x = 1\n class C: nonlocal x; x = 2",
    "def f():\n class C:\n  x = 1\n  def g(self): nonlocal x",
    "class C: nonlocal x",
    "def f():\n global x\n def g(): nonlocal x",
    "def f():\n x = 1\n def g():\n  global x\n  def h(): nonlocal x",
    "def f():\n x = 1\n def g():\n  y = x\n  def h(): nonlocal x",
    "def f():\n for x in y: pass\n def g(): nonlocal x",
    "def f():\n import x.y\n def g(): nonlocal x",
    "def f():\n import x.y as z\n def g(): nonlocal x",
    "def f():\n with y as x: pass\n def g(): nonlocal x",
    "def f():\n try: pass\n except y as x: pass\n def g(): nonlocal x",
    "def f():\n def x(): pass\n def g(): nonlocal x",
    "def f():\n class x: pass\n def g(): nonlocal x",
    "def f():\n (x := 1)\n def g(): nonlocal x",
    "def f():\n [x := 1 for y in z]\n def g(): nonlocal x",
    "def f():\n [x for x in z]\n def g(): nonlocal x",
    "def f():\n x: int\n def g(): nonlocal x",
    "def f():\n x.y: int\n def g(): nonlocal x",
    "def f():\n (x): int\n def g(): nonlocal x",
    "def f():\n (x): int = 1\n def g(): nonlocal x",
    "def f():\n del x\n def g(): nonlocal x",
    "def f():\n x += 1\n def g(): nonlocal x",
    "def f():\n x\n def g(): nonlocal x",
    "def f(*x, **y):\n def g(): nonlocal x, y",
    "def f(*, x):\n def g(): nonlocal x",
    "def f(x, /):\n lambda: x\n def g(): nonlocal x",
    "def f(x): global x",
    "def f(x): nonlocal x",
    "def f():\n x = 1\n global x",
    "def f():\n x\n global x",
    "def f():\n x += 1\n global x",
    "def f():\n x: int\n global x",
    "def f():\n global x\n x: int",
    "def f():\n global x\n x: int = 1",
    "def f():\n global x\n (x): int = 1",
    "global x\nx: int",
    "def f():\n global x\n global x",
    "def f():\n global x, x",
    "x = 1\nglobal x",
    "x\nglobal x",
    "global x\nx = 1",
    "def f():\n for x in y: pass\n global x",
    "def f():\n [x for x in y]\n global x",
    "def f():\n lambda: x\n global x",
    "def f():\n lambda x: x\n global x",
    "def f(y=x):\n global x",
    "def f(y: x):\n global x",
    "def f():\n def g(y: x): pass\n global x",
    "def f():\n [x := 1 for y in z]\n global x",
    "def f():\n global x\n [x := 1 for y in z]",
    "[x := 1 for y in z]\nglobal x",
    "def f():\n x = 1\n def g():\n  x\n  nonlocal x",
    "def f():\n x = 1\n def g():\n  x = 2\n  nonlocal x",
    "def f():\n x = 1\n def g():\n  nonlocal x\n  global x",
    "def f():\n x = 1\n def g():\n  global x\n  nonlocal x",
    "def f():\n x = 1\n def g():\n  nonlocal x\n  x: int",
    "def f():\n x = 1\n def g():\n  [x := 2 for y in z]\n  nonlocal x",
    "def f():\n x = 1\n def g():\n  nonlocal x\n  [x := 2 for y in z]",
    "def f():\n if y: global x\n x = 1",
    "class C:\n global x\n x = 1",
    "class C:\n x = 1\n global x",
    "class C: [x := 1 for y in z]",
    "class C: [x for y in z if (x := y)]",
    "class C: (x := 1)",
    "class C:\n def f(self): [x := 1 for y in z]",
    "class C: [lambda: (x := 1) for y in z]",
    "class C: [[x := 1 for y in z] for w in v]",
    "import x",
    "import x, y.z as w",
    "import x.y.z",
    "import x as y.z",
    "import x,",
    "import (x)",
    "import",
    "import x y",
    "import *",
    "import .x",
    "import 1",
    "import x as 1",
    "import if",
    "from x import y",
    "from x import y as z, w",
    "from x import (y)",
    "from x import (y as z, w,)",
    "from x import (\n y,\n w\n)",
    "from x import y,",
    "from x import ()",
    "from x import (y",
    "from x import *",
    "from x import (*)",
    "from x import *, y",
    "from x import y, *",
    "from . import x",
    "from .. import x",
    "from ... import x",
    "from .... import x",
    "from ...x.y import z",
    "from .x import *",
    "from x.y import z.w",
    "from import x",
    "from x",
    "from x import",
    "from x import y z",
    "def f(): from x import *",
    "class C: from x import *",
    "if x: from y import *",
    "if x: pass",
    "if x: pass\nelif y: pass\nelif z: pass\nelse: pass",
    "if x: pass\nelse: pass\nelse: pass",
    "if x: pass\nelse: pass\nelif y: pass",
    "if x: pass\nelse if y: pass",
    "if x:\n pass\n else: pass",
    "if x:\npass",
    "if x:\n",
    "if x:",
    "if x",
    "if: pass",
    "if x = 1: pass",
    "if x := 1: pass",
    "if (x := 1): pass",
    "if x, y: pass",
    "if *x: pass",
    "if x: y: int",
    "if x: if y: pass",
    "if x: for y in z: pass",
    "if x: pass; if y: pass",
    "if x: pass; pass;",
    "if x: ;",
    "if x:\n pass\n  pass",
    "if x:\n  pass\n pass",
    "if x:\n  pass\n y\nz",
    " x",
    "x\n y",
    "x\n\ty",
    "if x:\n\tpass\n\tpass",
    "if x:\n\tpass\n        pass",
    "if x:\n        pass\n\tpass",
    "if x:\n    pass\n\tpass",
    "if x:\n  if y:\n\tpass\n        pass",
    "if x:\n if y:\n\tpass",
    "if x:\n\tif y:\n\t    pass\n\t    pass\n\tpass",
    "if x:\n \tpass\n \tpass",
    "if x:\n \tpass\n\tpass",
    "if x:\n\x0c  pass\n  pass",
    "\x0cx\n\x0cy",
    "if x:\n  pass\n\x0cy",
    "if x:\n    pass\n\n    # comment\n  # another\n    pass\n",
    "if x:\n  # comment\n  pass",
    "if x:  # comment\n  pass",
    "if x:\n  pass\n# comment",
    "if x:\n  pass\n    # comment",
    "if x:\n  pass\n   ",
    "if x:\r\n  pass\r\nelse:\r\n  pass\r\n",
    "x = '''a\r\nb'''\r\n",
    "x = [1,\r\n2]\r\n",
    "x = 1 + \\\r\n 2",
    "x = 1\ry = 2",
    "\ufeffx = 1",
    "x = \\\n1",
    "x = \\ \n1",
    "x = 1 \\",
    "x = 1 \\\n",
    "x = 1 \\\n ",
    "x = 1 \\\n\ny = 2",
    "x = 1 \\\n# comment\n",
    "if x: \\\n  pass",
    "if x:\n  y = \\\n1\n  z",
    "\\\nx = 1",
    "  \\\nx = 1",
    "if x:\n  pass\n\\\n  y",
    "while x: pass",
    "while x := 1: pass",
    "while x: pass\nelse: pass",
    "while x: pass\nelif y: pass",
    "while: pass",
    "while x = 1: pass",
    "for x in y: pass",
    "for x, in y: pass",
    "for x, y in z: pass",
    "for x, *y in z: pass",
    "for *x in y: pass",
    "for *x, *y in z: pass",
    "for (x, y), [z, w] in v: pass",
    "for (x) in y: pass",
    "for () in y: pass",
    "for x.y in z: pass",
    "for x[0] in z: pass",
    "for x() in y: pass",
    "for x in y, z: pass",
    "for x in y, : pass",
    "for x in *y, z: pass",
    "for x in *y: pass",
    "for x in (yield): pass",
    "for x in yield: pass",
    "for x in y if z else w: pass",
    "for x in lambda: y: pass",
    "for x in y := z: pass",
    "for x: pass",
    "for in y: pass",
    "for x in: pass",
    "for x in y in z: pass",
    "for (x in y): pass",
    "for (x in y) in z: pass",
    "for x not in y: pass",
    "for x if y else z in w: pass",
    "for 1 in x: pass",
    "for None in x: pass",
    "for x + 1 in y: pass",
    "for x in y: pass\nelse: pass",
    "for x in y: pass\nexcept: pass",
    "for x in y: pass else: pass",
    "with x: pass",
    "with x as y: pass",
    "with x as y, z as w: pass",
    "with x as (y, z): pass",
    "with x as [y, z]: pass",
    "with x as y.z, w as v[0]: pass",
    "with x as y, z: pass",
    "with x as y(): pass",
    "with x as 1: pass",
    "with x as *y: pass",
    "with x as (*y,): pass",
    "with x as (*y): pass",
    "with x as (y): pass",
    "with x as y + 1: pass",
    "with (x): pass",
    "with (x, y): pass",
    "with (x, y,): pass",
    "with (x,): pass",
    "with (x as y): pass",
    "with (x as y, z as w): pass",
    "with (x as y, z,): pass",
    "with (x) as y: pass",
    "with (x, y) as z: pass",
    "with (x as y) as z: pass",
    "with (x as y), z: pass",
    "with (x), (y): pass",
    "with (x, y), z: pass",
    "with (x).y: pass",
    "with (x)(y) as z: pass",
    "with (x for x in y): pass",
    "with (x, y for y in z): pass",
    "with (x := y): pass",
    "with (x := y, z): pass",
    "with (x, y := z): pass",
    "with (*x, y): pass",
    "with (x, *y): pass",
    "with (*x): pass",
    "with (yield): pass",
    "def f():\n with (yield): pass",
    "def f():\n with (yield x) as y: pass",
    "with (): pass",
    "with () as x: pass",
    "with ((x, y)): pass",
    "with ((x) as y): pass",
    "with ((x as y)): pass",
    "with ((x), (y) as z): pass",
    "with (x if y else z): pass",
    "with (x if y else z, w): pass",
    "with (\n x as y,\n z as w,\n): pass",
    "with: pass",
    "with x, : pass",
    "with x y: pass",
    "with x := y: pass",
    "with lambda: x: pass",
    "with x if y else z as w: pass",
    "with *x: pass",
    "try: pass\nexcept: pass",
    "try: pass\nexcept x: pass",
    "try: pass\nexcept x as y: pass",
    "try: pass\nexcept (x, y) as z: pass",
    "try: pass\nexcept x, y: pass",
    "try: pass\nexcept x as y.z: pass",
    "try: pass\nexcept x as (y): pass",
    "try: pass\nexcept as y: pass",
    "try: pass\nexcept: pass\nexcept x: pass",
    "try: pass\nexcept x: pass\nexcept: pass",
    "try: pass\nexcept: pass\nexcept: pass",
    "try: pass\nexcept: pass\nelse: pass",
    "try: pass\nexcept: pass\nelse: pass\nfinally: pass",
    "try: pass\nelse: pass",
    "try: pass\nelse: pass\nfinally: pass",
    "try: pass\nfinally: pass",
    "try: pass\nfinally: pass\nexcept: pass",
    "try: pass\nfinally: pass\nelse: pass",
    "try: pass\nfinally: pass\nfinally: pass",
    "try: pass\nexcept: pass\nfinally: pass\nelse: pass",
    "try: pass",
    "try: pass\nx",
    "try: pass\nexcept* x: pass",
    "try: pass\nexcept *x: pass\nexcept *y as z: pass",
    "try: pass\nexcept* : pass",
    "try: pass\nexcept x: pass\nexcept *y: pass",
    "try: pass\nexcept *x: pass\nexcept y: pass",
    "try: pass\nexcept *x: pass\nexcept: pass",
    "def f():\n try: pass\n except *x: return",
    "def f():\n try: return\n except *x: pass",
    "for x in y:\n try: break\n except *z: pass",
    "for x in y:\n try: pass\n except *z: break",
    "for x in y:\n try: pass\n except *z: continue",
    "try: pass\nexcept *z:\n for x in y: break",
    "try: pass\nexcept *z:\n for x in y: pass\n else: break",
    "try: pass\nexcept *z:\n def f(): return",
    "def f():\n try: pass\n except *z:\n  lambda: 1\n  for x in y: return",
    "def f():\n try: pass\n except *z: pass\n else: return\n finally: return",
    "try: pass\nexcept x := 1: pass",
    "try: pass\nexcept (x := 1): pass",
    "try: pass\nexcept *x, y: pass",
    "try x: pass\nexcept: pass",
    "except: pass",
    "finally: pass",
    "else: pass",
    "elif x: pass",
    "def f(): pass",
    "def f(x): pass",
    "def f(x, y=1, *z, w, v=2, **u): pass",
    "def f(x, /): pass",
    "def f(x, /, y): pass",
    "def f(x=1, /, y=2, *, z): pass",
    "def f(x=1, /, y): pass",
    "def f(/): pass",
    "def f(/, x): pass",
    "def f(x, /, y, /): pass",
    "def f(*x, /): pass",
    "def f(*, x, /): pass",
    "def f(*): pass",
    "def f(*,): pass",
    "def f(*, **x): pass",
    "def f(*, x): pass",
    "def f(*, x,): pass",
    "def f(*, *x): pass",
    "def f(*x, *y): pass",
    "def f(*x, *, y): pass",
    "def f(*x,): pass",
    "def f(**x,): pass",
    "def f(**x, y): pass",
    "def f(**x, *y): pass",
    "def f(**x, **y): pass",
    "def f(*x=1): pass",
    "def f(**x=1): pass",
    "def f(x=1, y): pass",
    "def f(x=1, *, y): pass",
    "def f(x, x): pass",
    "def f(x, *x): pass",
    "def f(x, /, x): pass",
    "def f(x, *, x): pass",
    "def f(x, **x): pass",
    "def f((x)): pass",
    "def f((x, y)): pass",
    "def f(x y): pass",
    "def f(x,,y): pass",
    "def f(,): pass",
    "def f(x=): pass",
    "def f(1): pass",
    "def f(None): pass",
    "def f(x.y): pass",
    "def f(x := 1): pass",
    "def f(x=y := 1): pass",
    "def f(x=(y := 1)): pass",
    "def f(x: int, *y: int, z: int = 1, **w: int) -> int: pass",
    "def f(*x: *y): pass",
    "def f(x: *y): pass",
    "def f(**x: *y): pass",
    "def f() -> *x: pass",
    "def f() -> x, y: pass",
    "def f() ->: pass",
    "def f(x: (yield)): pass",
    "def f(x: lambda: 1): pass",
    "def f(x: y := 1): pass",
    "def f: pass",
    "def (x): pass",
    "def f() pass",
    "def f(): x; y; z",
    "def f():\n x\n y",
    "def f():\n",
    "def f():",
    "def f(",
    "def f(x",
    "def 1(): pass",
    "def x.y(): pass",
    "def if(): pass",
    "class C: pass",
    "class C(): pass",
    "class C(x, y.z, *w): pass",
    "class C(x for x in y): pass",
    "class C((x for x in y)): pass",
    "class C(x,): pass",
    "class C(,): pass",
    "class C(x := 1): pass",
    "class C x: pass",
    "class: pass",
    "class 1: pass",
    "class C:\n x = 1\n def f(self, y): return self.x + y",
    "@x\ndef f(): pass",
    "@x.y(z)\n@w\nclass C: pass",
    "@x := y\ndef f(): pass",
    "@(yield)\ndef f(): pass",
    "@x, y\ndef f(): pass",
    "@lambda f: f\ndef f(): pass",
    "@x if y else z\ndef f(): pass",
    "@x\nx = 1",
    "@x def f(): pass",
    "@x\n\n# comment\ndef f(): pass",
    "@x\n def f(): pass",
    "@\ndef f(): pass",
    "@x",
    "x; def f(): pass",
    "x; @y\ndef f(): pass",
    "match = 1; case = 2; type = 3; _ = 4; match.x; case[0]; type(x)",
    "print x",
    "exec 'x'",
    "x = (1,\n  2\n)",
    "x = [\n# comment\n1\n\n,\n]",
    "x = (\n1 +\n2)\ny",
    "x = (1\ny = 2",
    "x = 1)\ny = 2",
    "x = [1)\ny",
    "x = {(1]\n}",
    "x = 'a\ny'",
    "x = 'a\\\ny'",
    "x = '''a\ny",
    "x = f'''{a}\n{b\n}'''",
    "x = 1 if y else\nz",
    "é = 1; ñ_2 = é; 变量 = ñ_2",
    "ﬁ = 1; fi",
    "x² = 1",
    "x·y = 1",
    "·x = 1",
    "e\u0301 = 1",
    "\u0301 = 1",
    "x = “a”",
    "x = 1 × 2",
    "x = 1 − 2",
    "x\u00a0= 1",
    "x = 1\u200b",
    "x = '×−\u00a0'",
    "# ×−“”",
    "℘ = 1; ℮ = 2",
    "x٣ = 1",
    "x = ٣",
    "x = 1\x00",
    "x = '\x01'",
    "x = \x01",
    "x = '\ud800'",
    "def f(): __debug__",
    "x.__debug__ = 1",
    "del x.__debug__",
    "f(__debug__=1)",
    "for x.__debug__ in y: pass",
    ", ".join(f"x{n}" for n in range(255)) + ", *y = z",
    ", ".join(f"x{n}" for n in range(256)) + ", *y = z",
    "*y, " + ", ".join(f"x{n}" for n in range(300)) + " = z",
    f"f({', '.join(f'x{n}' for n in range(300))})",
    f"def f({', '.join(f'x{n}' for n in range(300))}): pass",
    *[nested("for x in y:", count) for count in (19, 20, 21)],
    *[nested("while x:", count) for count in (20, 21)],
    *[nested("with x as y:", count) for count in (20, 21)],
    *[nested("if x:", count) for count in (21, 98, 99, 100)],
    *[nested("with x, y, z:", count) for count in (6, 7)],
    *[nested("for x in y:", count, "def f():\n" + " " * 30 + "for z in w: pass") for count in (20,)],
    *[nested("for x in y:", count, "class C:\n" + " " * 30 + "while w: pass") for count in (20,)],
    *[nested("for x in y:", count, "[x for x in y]") for count in (20,)],
]  # fmt: skip
for count in (17, 18, 19, 20):
    space = " " * count
    for tail in (
        "try: pass\n{0}except: pass",
        "try: pass\n{0}except x as y: pass",
        "try: pass\n{0}finally: pass",
        "try: pass\n{0}except: pass\n{0}finally: pass",
        "try: pass\n{0}except: pass\n{0}else:\n{0} for a in b: pass",
        "try:\n{0} for a in b: pass\n{0}except: pass",
        "try: pass\n{0}except:\n{0} for a in b: pass",
        "try: pass\n{0}except* x:\n{0} for a in b: pass",
        "try: pass\n{0}except x as y:\n{0} for a in b: pass\n{0}finally: pass",
        "try: pass\n{0}except: pass\n{0}finally:\n{0} for a in b: pass",
        "try:\n{0} for a in b: pass\n{0}finally: pass",
        "try:\n{0} for a in b: pass\n{0}except: pass\n{0}finally: pass",
        "try: pass\n{0}except: pass\n{0}else:\n{0} for a in b: pass\n{0}finally: pass",
        "while x: pass\n{0}else:\n{0} for a in b: pass",
    ):
        PROGRAMS.append(nested("for x in y:", count, tail.format(space)))
PROGRAMS += EXPRESSIONS
PROGRAMS += [f"x = {text}" for text in EXPRESSIONS]
PROGRAMS += [f"def f():\n  y = ({text})\n" for text in EXPRESSIONS]
PROGRAMS += [f"class C:\n  y({text})\n" for text in EXPRESSIONS]
PROGRAMS += [f"if {text}: pass\n" for text in EXPRESSIONS]
