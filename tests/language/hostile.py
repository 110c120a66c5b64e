"""Programs that meddle with what they are lent; each ends in a value or a located error."""

# Values nested in values: `chained(wrap, x)` wraps so many times.
DEEP_SETUP = """\
import itertools, functools, collections, copy
def chained(wrap, x):
    for _ in range(N): x = wrap(x)
    return x
"""
DEEP = {
    "tuple": "t = chained(lambda x: (x,), ()); h = hash(t)",
    "tuple key": "t = chained(lambda x: (x,), ()); d = {t: 1}; t in d",
    "frozenset": "t = chained(lambda x: frozenset([x]), 1); hash(t)",
    "enumerate": "t = chained(enumerate, []); next(t, 0)",
    "zip": "t = chained(zip, []); next(t, 0)",
    "map": "t = chained(lambda x: map(str, x), []); next(t, 0)",
    "filter": "t = chained(lambda x: filter(None, x), []); next(t, 0)",
    "takewhile": "t = chained(lambda x: itertools.takewhile(None, x), []); next(t, 0)",
    "starmap": "t = chained(lambda x: itertools.starmap(max, x), []); next(t, 0)",
    "compress": "t = chained(lambda x: itertools.compress(x, x), []); next(t, 0)",
    "repeat": "t = chained(itertools.repeat, 0)",
    "slice": "t = chained(slice, 0)",
    "slice hash": "t = chained(slice, 0); hash(t)",
    "property": "t = chained(property, 0)",
    "staticmethod": "t = chained(staticmethod, len)",
    "classmethod": """
t = chained(classmethod, len)
class A: f = t
A.f
""",
    "partial": "t = chained(lambda x: functools.partial(len, x), 0); repr(t)",
    "partial function": "t = chained(lambda x: functools.partial(functools.lru_cache(len), x), 0)",
    "lru_cache": "t = chained(functools.lru_cache, len); t([])",
    "cmp_to_key": """
K = functools.cmp_to_key(len)
t = chained(K, 0); t < t
""",
    "generators": """
def g(x): yield x
t = chained(g, 0)
""",
    "generators begun": """
def g(x):
    yield 0
    yield x
def begun(x):
    made = g(x); next(made)
    return made
t = chained(begun, 0)
""",
    "generators from": """
def g(x): yield from x
t = chained(g, [])
next(t, 0)
""",
    "genexp": """
t = chained(lambda x: (y for y in x), [])
next(t, 0)
""",
    "list": "t = chained(lambda x: [x], []); str(t)",
    "list ==": "t = chained(lambda x: [x], []); u = chained(lambda x: [x], []); t == u",
    "dict": "t = chained(lambda x: {1: x}, {}); copy.deepcopy(t)",
    "set": "t = chained(lambda x: {1, (x,) if type(x) is tuple else 2}, ())",
    "deque": "t = chained(lambda x: collections.deque([x]), ()); repr(t)",
    "hints": """
t = list
for _ in range(N): t = list[t]
hash(t)
""",
    "unions": """
t = int
for _ in range(N): t = t | list[t]
hash(t)
""",
    "list iterators": "t = chained(lambda x: iter([x]), 0)",
    "dict views": "t = chained(lambda x: {1: x}.values(), 0); repr(t)",
    "methods": """
class A:
    def m(self): pass
def make(x):
    a = A(); a.x = x
    return a.m
t = chained(make, 0)
""",
    "closures": """
def make(x): return lambda: x
t = chained(make, 0)
""",
    "defaults": """
def make(x): return lambda y=x: y
t = chained(make, 0)
""",
    "instances": """
class A:
    def __init__(self, x): self.x = x
t = chained(A, 0)
""",
    "super": """
class A:
    def __init__(self, x): self.x = x
    def m(self): return super()
t = chained(lambda x: A(x).m(), 0)
""",
    "reversed": """
class A:
    def __init__(self, x): self.x = x
    def __len__(self): return 1
    def __getitem__(self, i): return 1
t = chained(lambda x: reversed(A(x)), 0)
""",
    "callable": "t = chained(lambda x: iter(len, x), 0)",
    "islice": "t = chained(lambda x: itertools.islice(x, 5), []); next(t, 0)",
    "chain": "t = chained(itertools.chain, []); next(t, 0)",
    "tee": """
t = chained(lambda x: itertools.tee(x)[0], [])
next(t, 0)
""",
    "groupby": """
t = chained(itertools.groupby, [])
next(t, 0)
""",
    "namedtuple": """
P = collections.namedtuple('P', 'a')
t = chained(P, ()); hash(t)
""",
    "defaultdict": "t = chained(lambda x: collections.defaultdict(x), None); repr(t)",
    "ordered": "t = chained(lambda x: collections.OrderedDict(a=x), None); repr(t)",
    "product": "t = chained(lambda x: itertools.product([x]), 1)",
    "getattr": """
class A:
    def __getattr__(self, n): return getattr(self, n)
A().x
""",
    "eq": """
class A:
    def __eq__(self, o): return self == o
A() == A()
""",
    "repr": """
class A:
    def __repr__(self): return repr(self)
A()
""",
    "str": """
class A:
    def __str__(self): return f'{self}'
print(A())
""",
    "hash": """
class A:
    def __hash__(self): return hash((self,))
hash(A())
""",
    "len": """
class A:
    def __len__(self): return len(self)
len(A())
""",
    "iter": """
class A:
    def __iter__(self): return iter(self)
list(A())
""",
    "bool": """
class A:
    def __bool__(self): return not self
not A()
""",
    "call": """
class A:
    def __call__(self): return self()
A()()
""",
    "index": """
class A:
    def __index__(self): return [1][self]
[1][A()]
""",
    "key": """
def f(x): return sorted([1], key=f)
f(1)
""",
    "map f": """
def f(x): return list(map(f, [1]))
f(1)
""",
    "reduce": """
def f(x, y): return functools.reduce(f, [1, 2])
f(1, 2)
""",
    "sorted lt": """
class A:
    def __lt__(self, o): return sorted([self, o])
sorted([A(), A()])
""",
    "partial self": """
p = functools.partial(len)
class A:
    def __call__(self): return functools.partial(self)()
A()()
""",
    "deepcopy": "t = chained(lambda x: [x], []); copy.deepcopy(t)",
    "json": "chained(lambda x: [x], [])",
    "json tuple": "chained(lambda x: (x,), ())",
    "print": "print(chained(lambda x: (x,), ()))",
    "print dict": "print(chained(lambda x: {0: x}, ()))",
    "tensor": "tensor(chained(lambda x: [x], 1))",
    "sum": "sum([[i] for i in range(3000)], [])",
    "list arithmetic": "chained(lambda x: [x], 1) * 2.0",
    "max": "max(chained(lambda x: (x,), ()), chained(lambda x: (x,), ()))",
    "isinstance": "isinstance(1, chained(lambda x: (x,), str))",
    "issubclass": "issubclass(int, chained(lambda x: (x,), str))",
    "except": """
try: 1/0
except chained(lambda x: (x,), str): pass
""",
    "startswith": "'a'.startswith(chained(lambda x: (x,), 'b'))",
    "percent": "'%s' % chained(lambda x: (x,), ())",
    "format": "f'{chained(lambda x: (x,), ())}'",
    "exceptions": "t = chained(ValueError, 1); str(t)",
    "stop iteration": "t = chained(StopIteration, 1); repr(t)",
    "os errors": "t = chained(lambda x: OSError(1, x), 'a'); str(t)",
    "key errors": "t = chained(KeyError, 1); str(t)",
    "nn": """
m = nn.Sequential()
for _ in range(N): m = nn.Sequential(m)
m
""",
    "autograd": """
x = ones(1, requires_grad=True)
y = x
for _ in range(N): y = y + 1
y.sum().backward()
del y
x.grad
""",
    "views": """
x = ones(1)
for _ in range(N): x = x.view(1)
x + 1
""",
    "np": "np.array(chained(lambda x: [x], 1))",
    "size": "torch.Size(chained(lambda x: [x], 1))",
    "rep": "chained(lambda x: (x,), ()) == chained(lambda x: (x,), ())",
    "stack": "torch.stack(chained(lambda x: [x], 1))",
    "cat": "torch.cat(chained(lambda x: (x,), ones(1)))",
    "save": "save(chained(lambda x: [x], 1), 'x.json')",
    "context": """
e = None
for i in range(N):
    try:
        try: raise e or OSError(1, 2)
        except OSError: raise OSError(i, 'x')
    except OSError as x: e = x
e = None
""",
    "context stop": """
e = None
for i in range(N):
    try:
        try: raise e or StopIteration(1)
        except StopIteration: raise StopIteration(i)
    except StopIteration as x: e = x
e = None
""",
    "context import": """
e = None
for i in range(N):
    try:
        try: raise e or ImportError(1)
        except ImportError: raise ImportError(i)
    except ImportError as x: e = x
e = None
""",
    "cause": """
e = None
for i in range(N):
    try: raise AttributeError(i) from e
    except AttributeError as x: e = x
raise e
""",
}  # fmt: skip

# Methods that do what is left in `todo` before anything else.
MEDDLING_SETUP = """\
import itertools, functools, collections, copy, random, math
todo = []
class E:
    def __init__(self, n=0): self.n = n
    def go(self):
        if todo: todo.pop()()
    def __eq__(self, o): self.go(); return NotImplemented
    def __lt__(self, o): self.go(); return NotImplemented
    def __gt__(self, o): self.go(); return NotImplemented
    def __le__(self, o): self.go(); return NotImplemented
    def __ge__(self, o): self.go(); return NotImplemented
    def __hash__(self): self.go(); return 1
    def __add__(self, o): self.go(); return NotImplemented
    def __radd__(self, o): self.go(); return NotImplemented
    def __sub__(self, o): self.go(); return NotImplemented
    def __rsub__(self, o): self.go(); return NotImplemented
    def __mul__(self, o): self.go(); return NotImplemented
    def __index__(self): self.go(); return self.n
    def __len__(self): self.go(); return self.n
    def __bool__(self): self.go(); return True
    def __iter__(self): self.go(); return iter([1, 2, 3, 4, 5])
    def __repr__(self): self.go(); return 'E'
    def __float__(self): self.go(); return 1.0
    def __call__(self, *a): self.go(); return 1
    def __getitem__(self, i): self.go(); return i
def junk(): return [[0] * 7 for _ in range(1000)], [object() for _ in range(1000)], [str(i) * 3 for i in range(1000)]
"""
MEDDLING = {
    "ordereddict eq": """\
a = collections.OrderedDict([(E(), 1), (E(), 2), (E(), 3)]); b = collections.OrderedDict([(E(), 1), (E(), 2), (E(), 3)])
todo[:] = [b.clear, a.clear]
a == b
""",
    "ordereddict move": """\
a = collections.OrderedDict([(E(), 1), (E(), 2), (E(), 3)])
todo[:] = [a.clear]
a.move_to_end(E())
""",
    "ordereddict iterate": """\
a = collections.OrderedDict([(i, 1) for i in range(5)])
for k in a: a.clear()
""",
    "ordereddict pop": """\
a = collections.OrderedDict([(E(), 1), (E(), 2), (E(), 3)])
todo[:] = [a.clear] * 3
a.popitem(last=False); a.pop(E(), 1)
""",
    "ordereddict dict clear": "a = collections.OrderedDict(a=1, b=2); it = iter(a); next(it); dict.clear(a); list(it); a.popitem()",
    "ordereddict copy": """\
a = collections.OrderedDict([(E(), 1), (E(), 2), (E(), 3)])
todo[:] = [a.clear] * 3
a.copy()
""",
    "ordereddict repr": """\
a = collections.OrderedDict([(1, E()), (2, E()), (3, E())])
todo[:] = [a.clear] * 3
repr(a)
""",
    "groupby": """\
def gen():
    for i in range(5): yield E()
g = itertools.groupby(gen())
todo[:] = [lambda: next(g)] * 3
next(g); next(g); junk()
""",
    "groupby group": """\
g = itertools.groupby([E(), E(), E()])
k, group = next(g)
todo[:] = [lambda: next(g), lambda: next(g)]
list(group); junk()
""",
    "groupby key": """\
def key(x):
    if todo: todo.pop()()
    return E()
g = itertools.groupby([1, 2, 3, 4], key)
todo[:] = [lambda: next(g)] * 5
next(g); next(g); junk()
""",
    "tee": """\
class I:
    def __iter__(self): return self
    def __next__(self): return next(b)
a, b = itertools.tee(I())
next(a)
""",
    "tee 2": """\
class I:
    def __iter__(self): return self
    def __next__(self):
        if todo: todo.pop()()
        return 1
a, b = itertools.tee(I())
todo[:] = [lambda: next(a), lambda: next(b)]
next(a); next(b)
""",
    "accumulate": """\
a = itertools.accumulate([E(), E(), E(), E(), E()])
next(a)
todo[:] = [lambda: (next(a), junk())] * 2
next(a)
""",
    "accumulate f": """\
def f(x, y):
    if todo: todo.pop()(); junk()
    return [x]
a = itertools.accumulate([1, 2, 3, 4, 5], f)
next(a)
todo[:] = [lambda: next(a)] * 2
next(a); next(a)
""",
    "count": """\
c = itertools.count(E(), E())
todo[:] = [lambda: next(c)] * 2
next(c); junk()
""",
    "count 2": """\
class R(E):
    def __add__(self, o): self.go(); return R()
c = itertools.count(R(), 1)
todo[:] = [lambda: next(c)] * 2
x = next(c); junk(); y = next(c); print(x)
""",
    "cycle": """\
class I:
    def __iter__(self): return self
    def __next__(self):
        if todo: todo.pop()()
        raise StopIteration
c = itertools.cycle(zip(I(), I()))
todo[:] = [lambda: (next(c, 0), junk())]
next(c, 0)
""",
    "chain": """\
class I:
    def __iter__(self): return self
    def __next__(self):
        if todo: todo.pop()()
        return 1
class J(I):
    def __next__(self): raise StopIteration
z = [zip(I(), J())]
c = itertools.chain(z.pop(), z)
todo[:] = [lambda: (next(c, 0), junk())]
next(c, 0); next(c, 0)
""",
    "islice": """\
class I:
    def __iter__(self): return self
    def __next__(self):
        if todo: todo.pop()()
        return 1
c = itertools.islice(zip(I(), I(), I()), 2)
todo[:] = [lambda: (next(c, 0), next(c, 0), next(c, 0), junk())]
next(c, 0); next(c, 0)
""",
    "zip_longest": """\
class I:
    def __iter__(self): return self
    def __next__(self):
        if todo: todo.pop()()
        raise StopIteration
c = itertools.zip_longest(zip(I(), I(), I()), [1, 2, 3])
todo[:] = [lambda: (next(c, 0), next(c, 0), next(c, 0), junk())]
next(c, 0); next(c, 0)
""",
    "pairwise": """\
class I:
    def __iter__(self): return self
    def __next__(self):
        if todo: todo.pop()()
        return E()
c = itertools.pairwise(I())
todo[:] = [lambda: (next(c, 0), junk())] * 2
next(c, 0); next(c, 0)
""",
    "seqiter": """\
class S:
    def __getitem__(self, i):
        if todo: todo.pop()()
        raise IndexError
for _ in range(1000):
    it = iter(S())
    todo[:] = [lambda: next(it, 0)] * 3
    next(it, 0)
    junk()
""",
    "seqiter 2": """\
class S:
    def __getitem__(self, i):
        if todo: todo.pop()()
        raise IndexError
made = [S() for _ in range(100)]
for s in made:
    it = iter(s)
    todo[:] = [lambda: next(it, 0)] * 9
    next(it, 0)
junk(); print(made)
""",
    "calliter": """\
it = iter(lambda: todo and todo.pop()(), E())
todo[:] = [lambda: next(it, 0)]
next(it, 0)
""",
    "calliter 2": """\
class S:
    def __eq__(self, o):
        if todo: todo.pop()()
        return True
it = iter(lambda: E(), S())
todo[:] = [lambda: next(it, 0)] * 3
next(it, 0); junk()
""",
    "calliter 3": """\
def make():
    global it
    it = iter(lambda: E(), E())
make()
todo[:] = [lambda: (list(itertools.islice(it, 3)), junk())] * 3
next(it, 0); junk()
""",
    "slice assign": """\
a = List = [0] * 10
class It:
    def __iter__(self): a.clear(); return iter([1] * 5)
a[::2] = It()
""",
    "slice assign gen": """\
a = [0] * 1000
def gen():
    a.clear(); junk()
    for _ in range(500): yield 1
a[::2] = gen()
""",
    "slice assign index": """\
a = [0] * 1000
b = slice(None, None, 2)
def gen():
    a.clear(); junk()
    for _ in range(500): yield 1
a[b] = gen()
""",
    "slice assign name": """\
a = [0] * 1000
def gen():
    a.clear(); junk()
    for _ in range(500): yield 1
a.__setitem__(slice(None, None, 2), gen())
""",
    "slice assign class": """\
a = [0] * 1000
def gen():
    a.clear(); junk()
    for _ in range(500): yield 1
list.__setitem__(a, slice(None, None, 2), gen())
""",
    "slice assign unpack": """\
a = [0] * 1000
def gen():
    a.clear(); junk()
    for _ in range(500): yield 1
a[::2], b = gen(), 1
""",
    "slice assign for": """\
a = [0] * 1000
def gen():
    a.clear(); junk()
    for _ in range(500): yield 1
for a[::2] in [gen()]: pass
""",
    "slice assign +=": """\
a = [0] * 1000
class L:
    def __radd__(self, o): return gen()
def gen():
    a.clear(); junk()
    for _ in range(500): yield 1
a[::2] += L()
""",
    "slice assign evil index": """\
a = [0] * 1000
todo[:] = [a.clear, a.clear]
a[E(0):E(100):E(2)] = [1] * 50
""",
    "slice del": """\
a = [0] * 1000
todo[:] = [a.clear, a.clear]
del a[E(0):E(100):E(2)]
""",
    "slice get": """\
a = [0] * 1000
todo[:] = [a.clear, a.clear]
a[E(0):E(100):E(2)]
""",
    "list index": """\
a = [E() for _ in range(5)]
todo[:] = [a.clear] * 3
a.index(E())
""",
    "list index 2": """\
a = [E() for _ in range(5)]
todo[:] = [a.clear] * 3
a.remove(E())
""",
    "list count": """\
a = [E() for _ in range(5)]
todo[:] = [a.clear] * 3
a.count(E())
""",
    "list in": """\
a = [E() for _ in range(5)]
todo[:] = [a.clear] * 3
E() in a
""",
    "list eq": """\
a = [E() for _ in range(5)]; b = [E() for _ in range(5)]
todo[:] = [lambda: (a.clear(), b.clear(), junk())] * 3
a == b
""",
    "list lt": """\
a = [E() for _ in range(5)]; b = [E() for _ in range(5)]
todo[:] = [lambda: (a.clear(), b.clear(), junk())] * 3
a < b
""",
    "list sort": """\
a = [E() for _ in range(50)]
todo[:] = [lambda: (a.clear(), junk())] * 3
a.sort()
""",
    "list sort key": """\
a = [E() for _ in range(50)]
def key(x): a.append(1); a.clear(); junk(); return 1
a.sort(key=key)
""",
    "list extend self": """\
a = [1]
def gen():
    for i in range(100): a.clear(); a.extend(gen2()); yield i
def gen2():
    for i in range(50): yield i
a.extend(gen())
""",
    "list insert": """\
a = [0] * 10
todo[:] = [a.clear]
a.insert(E(5), 1)
""",
    "list pop": """\
a = [0] * 10
todo[:] = [a.clear]
a.pop(E(5))
""",
    "list mul": """\
a = [0] * 10
todo[:] = [a.clear]
a * E(5)
""",
    "list iadd": """\
a = [0] * 10
class It:
    def __iter__(self): a.clear(); return iter(a)
a += It()
""",
    "deque index": """\
a = collections.deque([E() for _ in range(5)])
todo[:] = [lambda: (a.clear(), junk())] * 3
a.index(E())
""",
    "deque remove": """\
a = collections.deque([E() for _ in range(5)])
todo[:] = [lambda: (a.clear(), junk())] * 3
a.remove(E())
""",
    "deque count": """\
a = collections.deque([E() for _ in range(5)])
todo[:] = [lambda: (a.clear(), junk())] * 3
a.count(E())
""",
    "deque in": """\
a = collections.deque([E() for _ in range(5)])
todo[:] = [lambda: (a.clear(), junk())] * 3
E() in a
""",
    "deque eq": """\
a = collections.deque([E() for _ in range(5)]); b = collections.deque([E() for _ in range(5)])
todo[:] = [lambda: (a.clear(), b.clear(), junk())] * 3
a == b
""",
    "deque repr": """\
a = collections.deque([E() for _ in range(5)])
todo[:] = [lambda: (a.clear(), junk())] * 3
repr(a)
""",
    "deque extend": """\
a = collections.deque([1], maxlen=5)
def gen():
    for i in range(100): a.clear(); yield i
a.extend(gen()); a.extendleft(gen()); a.extend(a)
""",
    "deque insert": """\
a = collections.deque([0] * 10)
todo[:] = [a.clear]
a.insert(E(5), 1)
""",
    "deque rotate": """\
a = collections.deque([0] * 10)
todo[:] = [a.clear]
a.rotate(E(10**6)); a.rotate(10**18); a.rotate(-10**18)
""",
    "deque item": """\
a = collections.deque([0] * 10)
todo[:] = [a.clear] * 3
a[E(5)] = 3
""",
    "deque item get": """\
a = collections.deque([0] * 10)
todo[:] = [a.clear] * 3
a[E(5)]
""",
    "deque mul": """\
a = collections.deque([0] * 10)
a * 10**12
""",
    "deque imul": """\
a = collections.deque([0] * 10)
a *= 10**17
""",
    "deque maxlen": "collections.deque([1], maxlen=E(-1))",
    "counter": """\
c = collections.Counter()
c['a'] = E()
todo[:] = [lambda: (c.clear(), junk())]
c.update('aaa')
""",
    "counter 2": """\
c = collections.Counter()
class G:
    def __add__(self, o): c.clear(); junk(); return NotImplemented
c['a'] = G()
c.update(['a', 'a'])
""",
    "counter compare": """\
c = collections.Counter(a=E()); d = collections.Counter(a=E())
todo[:] = [lambda: (c.clear(), junk())] * 3
c < d; c == d; c + d
""",
    "counter common": """\
c = collections.Counter(a=E(), b=E(), c=E())
todo[:] = [lambda: (c.clear(), junk())] * 3
c.most_common(2); c.most_common(); c
""",
    "dict eq": """\
a = {E(): E() for _ in range(5)}; b = {E(): E() for _ in range(5)}
todo[:] = [lambda: (a.clear(), b.clear(), junk())] * 3
a == b
""",
    "dict get": """\
a = {E(): E() for _ in range(5)}
todo[:] = [lambda: (a.clear(), junk())] * 9
a.get(E()); a.pop(E(), 1); a.setdefault(E(), 1); a[E()] = 1
""",
    "dict update": """\
a = {E(): E() for _ in range(5)}; b = {E(): E() for _ in range(5)}
todo[:] = [lambda: (a.clear(), b.clear(), junk())] * 9
a.update(b); a |= b; a | b; {**a, **b}
""",
    "dict fromkeys": """\
a = {E(): E() for _ in range(5)}
todo[:] = [lambda: (a.clear(), junk())] * 9
dict.fromkeys(a)
""",
    "dict fromkeys set": """\
a = {E() for _ in range(5)}
todo[:] = [lambda: (a.clear(), junk())] * 9
dict.fromkeys(a)
""",
    "dict views": """\
a = {E(): E() for _ in range(5)}; b = {E(): E() for _ in range(5)}
todo[:] = [lambda: (a.clear(), b.clear(), junk())] * 9
a.keys() & b.keys(); a.items() ^ b.items(); a.keys() - b.keys(); a.items() == b.items(); E() in a.values(); a.keys().isdisjoint(b)
""",
    "dict iterate": """\
a = {i: i for i in range(5)}
for k in a: a.clear(); a.update({i: 1 for i in range(5)})
""",
    "dict items iterate": """\
a = {i: i for i in range(5)}
for k in a.items(): a[len(a)] = 1
""",
    "defaultdict": """\
d = collections.defaultdict(lambda: (d.clear(), junk(), d[1])[0] if len(d) < 3 and todo and todo.pop() is None else 1)
d[1]
""",
    "set ops": """\
a = {E() for _ in range(5)}; b = {E() for _ in range(5)}
todo[:] = [lambda: (a.clear(), b.clear(), junk())] * 9
a & b; a | b; a - b; a ^ b; a <= b; a == b; a.update(b)
""",
    "set ops 2": """\
a = {E() for _ in range(5)}; b = {E() for _ in range(5)}
todo[:] = [lambda: (a.clear(), b.clear(), junk())] * 9
a.symmetric_difference_update(b); a.intersection_update(b); a.difference_update(b); a.isdisjoint(b); a.issubset(b); a.discard(E()); a.add(E())
""",
    "set ops dict": """\
a = {E() for _ in range(5)}; b = {E(): 1 for _ in range(5)}
todo[:] = [lambda: (a.clear(), b.clear(), junk())] * 9
a.symmetric_difference_update(b); a.update(b); a.difference(b); a.intersection(b)
""",
    "set iterate": """\
a = {i for i in range(5)}
for k in a: a.clear(); a.update(range(5))
""",
    "set pop": """\
a = {E() for _ in range(5)}
todo[:] = [a.clear] * 3
a.remove(E())
""",
    "sum": """\
todo[:] = [junk] * 3
sum([E(), E()], E())
""",
    "max": """\
a = [E(), E(), E()]
todo[:] = [lambda: (a.clear(), junk())] * 3
max(a)
""",
    "min key": """\
a = [E(), E(), E()]
todo[:] = [lambda: (a.clear(), junk())] * 3
min(a, key=lambda x: (a.clear(), E())[1])
""",
    "any": """\
a = [E(), E(), E()]
todo[:] = [lambda: (a.clear(), junk())] * 3
all(a); any(a)
""",
    "reversed": """\
class S:
    def __len__(self): return 5
    def __getitem__(self, i):
        if todo: todo.pop()()
        raise IndexError
r = reversed(S())
todo[:] = [lambda: next(r, 0)] * 5
next(r, 0); junk()
""",
    "reversed list": """\
a = [1, 2, 3]
r = reversed(a)
next(r); a.clear(); junk(); list(r)
""",
    "range": "range(E(5))[E(2)]; E() in range(5); range(5).index(E()); range(5).count(E())",
    "range slice": "range(10)[E(0):E(5):E(2)]",
    "join": "','.join(map(str, [E()]))",
    "join evil": """\
a = ['a'] * 10
class It:
    def __iter__(self):
        for x in a: a.clear(); yield x
','.join(It())
""",
    "reduce": "functools.reduce(lambda *a: (todo.append(a), a)[1], range(10), 0); junk()",
    "lru": """\
@functools.lru_cache(2)
def f(x):
    f.cache_clear(); return 1
todo[:] = [f.cache_clear] * 9
f(E()); f(E()); f(E()); f(1); f(2); f(3)
""",
    "lru recursive": """\
@functools.lru_cache(1)
def f(x): return f(x - 1) if x > 0 else E()
todo[:] = [lambda: f(5)] * 3
f(3); f(E(2))
""",
    "lru maxsize": "functools.lru_cache(E(5))(len)([]); functools.lru_cache(10**30)(len)([]); functools.lru_cache(-10)(len)([])",
    "cached_property": """\
class A:
    @functools.cached_property
    def x(self): return self.x
A().x
""",
    "cached_property 2": """\
p = functools.cached_property(len)
class A: x = p; y = p
A().x
""",
    "cmp_to_key": """\
K = functools.cmp_to_key(lambda a, b: (x.clear(), E())[1])
x = [K(1), K(2)]
sorted(x); max(x)
""",
    "partial": "p = functools.partial(E(), E(), a=E()); p(); p == p; hash(p); repr(p); functools.partial(p, 1).args",
    "partial kw": "functools.partial(dict, **{'a': 1})(**{'b': 2}); functools.partial(len)(*E())",
    "wraps": "functools.wraps(E())(E()); functools.wraps(len)(lambda: 0); functools.wraps(1)(2)",
    "total_ordering": """\
@functools.total_ordering
class A:
    def __lt__(self, o): return self > o
    def __eq__(self, o): return self >= o
A() > A()
""",
    "total_ordering 2": "functools.total_ordering(1)",
    "total_ordering 3": """\
@functools.total_ordering
class A: pass
""",
    "product": "itertools.product(E(), repeat=E(3)); list(itertools.islice(itertools.product([1], repeat=10**6), 1))",
    "product big": "itertools.product([1] * 1000, repeat=10**9)",
    "product neg": "itertools.product([1], repeat=-1); itertools.product([1], repeat=10**30)",
    "combinations": "itertools.combinations(range(5), 10**9); itertools.combinations([1], E(-1)); list(itertools.combinations([1, 2], E(1)))",
    "permutations": "itertools.permutations(range(5), 10**18)",
    "permutations 2": "next(itertools.permutations(range(10**6)))",
    "combinations_r": "next(itertools.combinations_with_replacement([1], 10**9), 0)",
    "repeat": "itertools.repeat(1, 10**30)",
    "repeat 2": "list(itertools.repeat(1, E(-5))); len([*itertools.repeat(0, 10)]); itertools.repeat(1, -10**30)",
    "starmap": "list(itertools.starmap(max, [E(), E()])); list(itertools.starmap(pow, [(2, 5)]))",
    "filterfalse": "list(itertools.filterfalse(E(), [E()])); list(itertools.compress(E(), E())); list(itertools.dropwhile(E(), E()))",
    "islice args": "itertools.islice([], E(3), E(4), E(0))",
    "islice args 2": "itertools.islice([], 10**30)",
    "islice args 3": "itertools.islice([], -1)",
    "islice args 4": "itertools.islice()",
    "tee args": "len(itertools.tee([], 10**6))",
    "tee args 2": "itertools.tee([], -1)",
    "zip_longest args": "itertools.zip_longest(1)",
    "chain args": "list(itertools.chain(1))",
    "batched": "list(itertools.batched([1, 2, 3], E(2))) if hasattr(itertools, 'batched') else 0",
    "count args": "itertools.count('a')",
    "count args 2": "next(itertools.count(10**30)); next(itertools.count(1.5, 2)); itertools.count(1, 0); repr(itertools.count(0, 5)); itertools.count(E()); itertools.count(None)",
    "random choice": "random.choice({1: 2})",
    "random choice 2": "random.choice(E(5)); random.choice([]); ",
    "random sample": "random.sample({1, 2}, 1)",
    "random sample 2": "random.sample(E(5), 3)",
    "random choices": "random.choices([1, 2], weights=[E(), E()])",
    "random choices 2": "random.choices([1, 2], cum_weights=[0, 0], k=E(3))",
    "random choices 3": "random.choices(5); random.choices([], k=1)",
    "random shuffle": "random.shuffle(E(5))",
    "random shuffle 2": """\
a = [1] * 10
class L:
    def __len__(self): return 10
    def __getitem__(self, i): a.clear(); return a[i]
random.shuffle(L())
""",
    "random seed": "random.seed(E())",
    "random seed 2": "random.Random(E())",
    "random seed 3": "random.Random([1]); ",
    "random int": "random.randrange(E(0)); ",
    "random int 2": "random.randint(10**5000, 10**5001); random.randrange(1, 5, E(0))",
    "random bits": "random.getrandbits(E(-1))",
    "random gauss": "random.gauss('a', 1); ",
    "random gauss 2": "random.uniform(E(), E())",
    "random gauss 3": "random.betavariate(-1, 0)",
    "random methods": "random.Random(1).choice(E(1)); random.Random.choice(1, 2)",
    "random methods 2": "random.Random.seed(1, 2)",
    "random methods 3": "random.Random(1, 2)",
    "math": "math.fsum(E()); math.prod(E()); math.dist(E(), E()); math.gcd(E(5), E(3)); math.hypot(E(), 1)",
    "math 2": "math.dist([E()], [1, 2])",
    "math 3": "math.factorial(E(5)); math.comb(E(5), E(2)); math.perm(E(5)); math.isqrt(E(10**9)); math.ldexp(1.0, E(10**9))",
    "math 4": "math.fsum([1e308] * 10)",
    "copy": "copy.copy(E()); copy.deepcopy(E()); copy.deepcopy({E(): [E()]}); copy.copy(len); copy.deepcopy(E)",
    "copy 2": """\
a = {E() for _ in range(5)}
todo[:] = [a.clear] * 9
copy.deepcopy(a)
""",
    "copy 3": "a = collections.deque([E()], 5); copy.deepcopy(a); copy.copy(collections.Counter('a')); copy.deepcopy(collections.OrderedDict(a=[1])); copy.copy(collections.namedtuple('A', 'b')(1)); copy.copy(collections.defaultdict(list, a=1)); copy.deepcopy(itertools.count()); copy.copy(iter([1]))",
    "copy 4": """\
class A(Exception):
    def __init__(self, a, b): super().__init__(1)
copy.copy(A(1, 2)); copy.deepcopy(A(1, 2))
""",
    "copy 5": """\
class A(dict): pass
a = A(x=1); a.y = 2; copy.deepcopy(a); copy.copy(OSError(1, 'a')); copy.deepcopy(UnicodeDecodeError('a', b, 1, 2, 'x')) if 0 else 0
""",
    "copy 6": """\
try: 'a'.encode
except Exception as e: copy.copy(e)
try: [][1]
except Exception as e: copy.deepcopy(e)
try: ones(2) @ ones(3)
except Exception as e: copy.deepcopy(e)
""",
    "namedtuple": "collections.namedtuple('A', ['b', 'class'])",
    "namedtuple 2": "collections.namedtuple('A', 'b b')",
    "namedtuple 3": "collections.namedtuple('A', E())",
    "namedtuple 4": "collections.namedtuple('A', 'a b', defaults=E())",
    "namedtuple 5": "collections.namedtuple('A\\n', 'a')",
    "namedtuple 6": "A = collections.namedtuple('A', [f'f{i}' for i in range(10000)]); A(*range(10000))[9999]",
    "namedtuple 7": "A = collections.namedtuple('A', 'a b'); A(1)",
    "namedtuple 8": "A = collections.namedtuple('A', 'a b'); A(1, 2, 3)",
    "namedtuple 9": "A = collections.namedtuple('A', 'a b'); A(1, a=2); ",
    "namedtuple 10": "A = collections.namedtuple('A', 'a b'); A(1, 2)._replace(c=3)",
    "namedtuple 11": "A = collections.namedtuple('A', 'a b'); a = A(1, b=2); a.a; a._asdict(); a._replace(a=5); A._make([1, 2]); a == (1, 2); hash(a) == hash((1, 2)); A._fields; a.a = 5",
    "namedtuple 12": "collections.namedtuple('A', 5)",
    "namedtuple 13": "collections.namedtuple('_', '_a'); ",
    "namedtuple 14": "A = collections.namedtuple('A', ['__class__', 'x', 'x', 'def'], rename=True); A(1, 2, 3, 4)",
    "namedtuple 15": "collections.namedtuple('A', ['__init__'])",
    "str mul": "'a' * 10**13",
    "str mul 2": "s = 'abc' * 10**6; s * 10**9",
    "str mul 3": "n = 10**13; (1,) * n",
    "str pad": "'a'.ljust(10**13); ",
    "str pad 2": "'a'.center(E(10**13))",
    "str pad 3": "'a'.zfill(10**13)",
    "str expand": "'a\\tb'.expandtabs(10**13)",
    "str replace": "('a' * 10**6).replace('', 'b' * 10**6)",
    "str join": "('a' * 10**6).join(['b'] * 10**7)",
    "str translate": "'abc'.translate({97: 'x' * 10**6, 98: None, 99: E()})",
    "str translate 2": """\
class M:
    def __getitem__(self, k): return 10**10
'abc'.translate(M())
""",
    "str format": "'{:10000000000000}'.format(1)",
    "str format 2": "f'{1:10000000000000}'",
    "str format 3": "w = 10**13; f'{1:{w}}'",
    "str format 4": "format(1, '10000000000000')",
    "str format 5": "'%10000000000000d' % 1",
    "str format 6": "'%*d' % (10**13, 1)",
    "str format 7": "s = '%10000000000000d'; s % 1",
    "str format 8": "s = '%10000000000000d'; s %= 1",
    "str format 9": "'{:.10000000000000f}'.format(1.0)",
    "str format 12": "f'{1:,.5}'; ",
    "str format 13": "'{0.real.imag}{0!r:>5}'.format(5); '{a[b]}'.format(a={'b': 1}); '{}'.format()",
    "str format 14": "'{0[__class__]}'.format(E())",
    "str format 15": "'%(a)s' % E()",
    "str format 16": "'%s %s' % (E(),)",
    "str format 17": "'%c' % E(97); '%c' % 10**10",
    "str format 18": "'%d' % E(5); '%x' % E(5); '%f' % E(5)",
    "str format 19": "f'{E()!a:>10}'",
    "int text": "int('9' * 10**6)",
    "int text 2": "int('f' * 10**7, 16); ",
    "int text 3": "int('1', E(36)); int('z', 37)",
    "int text 4": "int(E()); int(E(5), 3)",
    "float text": "float('1' * 10**6); float('1e' + '9' * 1000); float('nan' * 5)",
    "complex text": "complex('1+1j'); complex('1' * 10**5 + 'j'); complex(E()); complex('(' * 10**5)",
    "float hex": "float.fromhex('0x' + 'f' * 10**6 + 'p-5'); (1.5).hex()",
    "pow": "pow(2, 10**12)",
    "pow 2": "pow(E(), 5, 3)",
    "pow 3": "pow(2, -1, 0)",
    "divmod": "divmod(E(), 5); divmod(1, 0)",
    "divmod 2": "round(E()); ",
    "round": "round(1.5, 10**20); round(10, -10**20); round(1.5, E(2)); round(10**20, E(-5))",
    "chr": "chr(10**20)",
    "chr 2": "chr(E(-1)); ",
    "chr 3": "ord('ab')",
    "bin": "bin(E(5)); hex(E(-5)); oct(E(10**100))",
    "len": "len(E(-1))",
    "len 2": "len(E(10**30))",
    "len 3": """\
class A:
    def __len__(self): return 'a'
len(A())
""",
    "hash": """\
class A:
    def __hash__(self): return 'a'
hash(A())
""",
    "hash 2": """\
class A:
    def __hash__(self): return 10**100
hash(A()); {A(): 1}
""",
    "hash 3": "hash([]); ",
    "hash 4": "hash((1, [2]))",
    "repr": """\
class A:
    def __repr__(self): return 5
repr(A())
""",
    "repr 2": """\
class A:
    def __repr__(self): return 5
[A()]
""",
    "repr 3": """\
class A:
    def __repr__(self): raise KeyError(5)
[A(), len]
""",
    "repr 4": """\
class A:
    def __repr__(self): raise RecursionError
A()
""",
    "repr 5": """\
class A:
    def __str__(self): return None
str(A())
""",
    "repr 6": """\
class A:
    def __str__(self): return None
print(A())
""",
    "repr 7": """\
class A:
    def __str__(self): return None
f'{A()}'
""",
    "repr 8": """\
class A(Exception):
    def __str__(self): return None
raise A
""",
    "bool": """\
class A:
    def __bool__(self): return 5
bool(A())
""",
    "bool 2": """\
class A:
    def __bool__(self): return 5
if A(): pass
""",
    "index": """\
class A:
    def __index__(self): return 'a'
[1][A()]
""",
    "index 2": """\
class A:
    def __index__(self): return 10**100
[1][A()]
""",
    "index 3": """\
class A:
    def __index__(self): return 10**100
'a' * A()
""",
    "index 4": """\
class A:
    def __index__(self): return True
[1, 2][A()]
""",
    "int": """\
class A:
    def __int__(self): return 1.5
int(A())
""",
    "float": """\
class A:
    def __float__(self): return 1
float(A())
""",
    "complex": """\
class A:
    def __complex__(self): return 1
complex(A())
""",
    "iter": """\
class A:
    def __iter__(self): return 5
list(A())
""",
    "iter 2": """\
class A:
    def __iter__(self): return self
list(A())
""",
    "iter 3": """\
class A:
    __iter__ = None
list(A())
""",
    "iter 4": "iter(5, 5)",
    "contains": """\
class A:
    def __contains__(self, x): return E()
1 in A()
""",
    "enumerate": "enumerate([1], E(5)); enumerate([], 10**100); next(enumerate([1], 10**100))",
    "enumerate 2": "enumerate([], 'a')",
    "zip": "list(zip([1], [2, 3], strict=E()))",
    "map": "list(map(None, [1]))",
    "filter": "list(filter(E(), E()))",
    "slice": "slice(E(), E(), E()).indices(E(5))",
    "slice 2": "slice(1, 2, 0).indices(5)",
    "slice 3": "slice('a').indices(5)",
    "slice 4": "slice(None).indices(-1)",
    "slice 5": "slice(E()) == slice(E()); slice(1) < slice(2)",
    "property": """\
class A:
    x = property(E(), E(), E())
A().x
""",
    "property 2": """\
class A:
    x = property(1)
A().x
""",
    "property 3": "p = property(); p.getter(1).setter(2).deleter(3)",
    "super": "super()",
    "super 2": "super(int, 5)",
    "super 3": "super(1, 2)",
    "super 4": """\
class A:
    def f(self): return super(A, A).f
A().f()
""",
    "super 5": """\
def f(x): return super()
f(1)
""",
    "super 6": """\
class A:
    def f(x): del x; return super()
A().f()
""",
    "type": "type(type)(1)",
    "isinstance": "isinstance(1, E())",
    "isinstance 2": "isinstance(1, (int, 5))",
    "isinstance 3": "isinstance(1, int | str); isinstance('a', int | str); isinstance(1, list[int])",
    "issubclass": "issubclass(1, int)",
    "issubclass 2": "issubclass(int, E())",
    "union": "int | 5",
    "union 2": "str | None; None | str; int | str",
    "class": "class A(E, E): pass",
    "class 2": "class A(1): pass",
    "class 3": "class A(str): pass",
    "class 4": "class A(type('a')): pass",
    "class 5": """\
class A(E): pass
class B(E, A): pass
""",
    "class 6": "class A(Exception, dict): pass",
    "class 7": """\
class A(OSError, KeyError): pass
A(1, 2)
""",
    "class 8": """\
class A(dict):
    def __getitem__(self, k): return self[k]
A()[1]
""",
    "class 9": """\
class A(dict):
    def keys(self): return [1]
{**A()}
""",
    "class 10": """\
class A(dict):
    def __iter__(self): self.clear(); return iter([1])
dict(A(a=1)); {**A(a=1)}; f = lambda **k: k; f(**A(a=1))
""",
    "class 11": """\
class A(dict):
    def __len__(self): return -1
len(A())
""",
    "class 12": """\
class A(dict):
    def __eq__(self, o): self.clear(); return True
A(a=1) == A(a=1); A(a=1) == {}
""",
    "raise": "raise E",
    "raise 2": "raise E()",
    "raise 3": "raise ValueError from E()",
    "raise 4": """\
class A(Exception):
    def __init__(self): pass
raise A
""",
    "raise 5": """\
class A(Exception):
    def __init__(self): raise self
raise A
""",
    "raise 6": """\
e = ValueError()
raise e from e
""",
    "raise 7": """\
a = ValueError(); b = KeyError()
try: raise a from b
except Exception: pass
raise b from a
""",
    "except": """\
try: 1/0
except E: pass
""",
    "except 2": """\
try: 1/0
except E(): pass
""",
    "exc args": "e = OSError(E(), E(), E()); str(e); repr(e); e.errno",
    "exc args 2": "UnicodeDecodeError(1, 2)",
    "exc args 3": "ImportError(name=E()); SyntaxError(1, (2, 3)); str(SyntaxError('a', ('f', 1, 2, 't'))); SyntaxError(1, 2, 3)",
    "exc args 4": "str(UnicodeEncodeError('a', 'b', 1, 10**9, 'c'))",
    "exc args 5": "str(UnicodeEncodeError('a', 'b', -10**9, 10**9, 'c')); str(UnicodeEncodeError('a', '', 0, 1, 'c'))",
    "exc args 7": "str(UnicodeDecodeError('a', np.zeros(1), -10**12, -10**12 + 1, 'c'))",
    "np dtype": """\
class D:
    @property
    def dtype(self):
        x.clear()
        junk()
        return 'f4'
x = [('a', D())] + [('n%d' % i, 'f4') for i in range(2000)]
np.dtype(x)
""",
    "exc args 6": "StopIteration(*range(100)).value; KeyError(E()); raise KeyError(E())",
    "exc class": """\
try: [].x
except AttributeError as e: x = e
str(x); x.args; raise x
""",
    "gen throw": """\
def g():
    try: yield 1
    except GeneratorExit: yield 2
x = g(); next(x); x.close()
""",
    "gen throw 2": """\
def g(): yield 1
x = g(); x.throw(E)
""",
    "gen throw 3": """\
def g(): yield 1
x = g(); x.throw(ValueError, 1, 2)
""",
    "gen throw 4": """\
def g(): yield 1
x = g(); x.send(5)
""",
    "gen throw 5": """\
def g(): x.throw(ValueError); yield 1
x = g(); next(x)
""",
    "gen throw 6": """\
def g():
    yield from g2
g2 = g(); next(g2)
""",
    "gen throw 7": """\
def g():
    try: yield
    finally:
        x.close()
x = g(); next(x); x.close()
""",
    "gen 8": """\
def g():
    while True:
        try: yield
        except: pass
x = g(); next(x); x.throw(ValueError); x.close(); del x
""",
    "gen 9": """\
class I:
    def __iter__(self): return self
    def __next__(self): return 1
    def throw(self, *a): raise E
    def close(self): 1/0
    def send(self, x): return 5
def g(): yield from I()
x = g(); next(x); x.send(3); x.throw(ValueError)
""",
    "gen 10": """\
class I:
    def __iter__(self): return self
    def __next__(self): return 1
    def __getattr__(self, n): raise KeyError(n)
def g(): yield from I()
x = g(); next(x); x.close()
""",
    "with": """\
class A:
    def __enter__(self): return 1
with A(): pass
""",
    "with 2": """\
class A:
    __enter__ = 5
    __exit__ = 5
with A(): pass
""",
    "with 3": """\
class A:
    def __enter__(self): return 1
    def __exit__(self, *a): raise E
with A(): 1/0
""",
    "decorator": """\
@5
def f(): pass
""",
    "call": "len(*5)",
    "call 2": "len(**5)",
    "call 3": "len(**{1: 2})",
    "call 4": "E()(**E()); ",
    "call 5": "dict(**{'a': 1}, **{'a': 2})",
    "call 6": "f = lambda *a, **k: (a, k); f(*E(), **{str(i): i for i in range(1000)})",
    "unpack": "a, b = E()",
    "unpack 2": "a, *b = 5",
    "unpack 3": "[*5]",
    "unpack 4": "{**5}",
    "unpack 5": "(a, b), c = [1, 2], 3; a, b = b",
    "del": "x = [1]; del x[E()]; del x[E()]",
    "del 2": "del E().x",
    "del 3": "d = {}; del d[E()]",
    "attr": "E().x",
    "attr 2": "E().x.y.z = 1",
    "attr 3": """\
class A:
    def __getattr__(self, n): raise KeyError(n)
A().x
""",
    "attr 4": """\
class A:
    def __setattr__(self, n, v): self.x = 5
A().x = 5
""",
    "attr 5": "getattr(E(), 'x' * 10**7)",
    "attr 6": """\
class A:
    def __getattr__(self, n): return self
A().a.b.c; str(A()); repr(A()); [A()]; copy.copy(A()); copy.deepcopy(A()); A() + A()
""",
    "arith": "E() + E()",
    "arith 2": "E() ** E()",
    "arith 3": "5 @ E()",
    "arith 4": "-E()",
    "arith 5": """\
class A:
    def __iadd__(self, o): return NotImplemented
a = A(); a += 1
""",
    "arith 6": "'a' + E()",
    "arith 7": "[1] + E()",
    "arith 8": "ones(2) + E()",
    "arith 9": "np.ones(2) + E()",
    "arith 10": "E() + ones(2)",
    "arith 11": "E() < ones(2)",
    "arith 12": "ones(2) == E(); ones(2) is E(); E() in ones(2)",
    "arith 13": "ones(2)[E()]",
    "arith 14": "ones(2)[E():E():E()]",
    "arith 15": "x = ones(2); x[E()] = E()",
    "arith 16": "tensor([E()])",
    "arith 17": "tensor(E())",
    "arith 18": "{1, 2} | E(); {1} <= E()",
    "warn": """\
import warnings
warnings.warn(E()); warnings.warn('a', E()); warnings.warn('a', int)
""",
    "warn 2": """\
import warnings
warnings.simplefilter(E()); warnings.catch_warnings(record=True)
""",
    "typing": """\
import typing
typing.List[E()]; typing.Union[1, 2] | 3; typing.TypeVar(E()); typing.cast(E(), 1); typing.NewType('a', int)(5); typing.Optional[typing.List[int]]
""",
    "typing 2": """\
import typing
class A(typing.Generic[typing.TypeVar('T')]): pass
A[int]
""",
    "typing 3": """\
import typing
typing.List()
""",
    "time": """\
import time
time.sleep(-1)
""",
    "time 2": """\
import time
time.sleep(E(0)); time.time(1)
""",
    "time 3": """\
import time
time.sleep('a')
""",
    "timeit": """\
import timeit
timeit.timeit(E(), number=1); timeit.timeit('1 +', number=1)
""",
    "timeit 2": """\
import timeit
timeit.timeit(1, number=1)
""",
    "timeit 3": """\
import timeit
timeit.repeat('pass', number=E(1), repeat=E(2)); timeit.timeit('x = 1', timer=E(), number=1)
""",
    "print": "print(1, sep=E())",
    "print 2": "print(1, end=5)",
    "print 3": "print(1, flush=E()); print(*E())",
    "print 4": "print(1, file=5)",
    "exit": "exit(E())",
    "exit 2": "exit('a' * 10**6)",
    "exit 3": "exit(10**100)",
    "shared": "max(); ",
    "shared 2": "max(1, key=E())",
    "shared 3": "sum('abc')",
    "shared 4": "sum([1], 'a'); pow(); round(); abs(E())",
    "shared 5": "min([], default=E())",
    "shared 6": "complex(E(), E()); complex(ones(1), 5)",
    "shared 7": "sum(E(), input=5)",
    "sorted": "sorted([3, 'a'])",
    "sorted 2": "sorted(5)",
    "sorted 3": "sorted([1], key=5)",
    "sorted 4": "sorted([1], reverse=E()); sorted([E(), 1], key=lambda x: E())",
    "list kw": "list(a=1)",
    "dict args": "dict(5)",
    "dict args 2": "dict([1, 2])",
    "dict args 3": "dict([E()]); ",
    "dict args 4": """\
class A:
    def keys(self): return [1, 2]
    def __getitem__(self, k): return k
dict(A()); {**A()}; {}.update(A())
""",
    "dict args 5": """\
class A:
    def keys(self): return 5
dict(A())
""",
    "dict args 6": """\
class A:
    def keys(self): return E()
{**A()}
""",
    "object": "object(1)",
    "object 2": "object().x = 1",
    "static": "staticmethod(E())(); classmethod(E())",
    "static 2": """\
class A:
    f = staticmethod(5)
    g = classmethod(5)
A.f; A.g
""",
    "tuple": "tuple(5)",
    "names": "print = 5; print(1)",
    "names 2": "len = E(); len(1); del len; len([1])",
    "names 3": """\
def f():
    x
    x = 1
f()
""",
    "names 4": "torch = 5; torch.ones(1)",
    "names 5": "import torch as t; t.x; t.ones(1).x",
    "heapq": """\
import heapq
h = [E(i) for i in range(20)]
todo[:] = [h.clear, lambda: h.extend([1, 2]), h.clear, h.pop] * 4
heapq.heapify(h); heapq.heappush(h, E()); heapq.heappop(h); junk()
""",
    "heapq 2": """\
import heapq
h = [E(), E(), E()]
todo[:] = [lambda: heapq.heappop(h)] * 9
heapq.heappush(h, E()); heapq.nlargest(2, h); heapq.nsmallest(E(2), h)
""",
    "bisect": """\
import bisect
a = [E() for _ in range(30)]
todo[:] = [a.clear, lambda: a.append(1)] * 5
bisect.insort(a, E()); bisect.bisect(a, E(), 0, 10**9)
""",
    "json": """\
import json
x = [E(), E(), 1]
def default(o):
    x.clear(); junk()
    return [1]
json.dumps(x, default=default); json.dumps({1: x, 2: E()}, default=lambda o: x)
""",
    "json 2": """\
import json
d = {'a': E(), 'b': E()}
def default(o): d.clear(); d.update({i: i for i in range(99)}); return d
json.dumps(d, default=default, sort_keys=True, indent=E(2))
""",
    "json 3": """\
import json
class D(dict):
    def items(self): junk(); return [(1, 2)]
    def __iter__(self): self.clear(); return iter([E()])
json.dumps(D(a=1)); json.dumps({E(): 1}, skipkeys=True)
""",
    "json 4": """\
import json
def hook(d): d.clear(); junk(); return d
json.loads('[{"a": [{"b": 1}]}, {"c": 2}]', object_hook=hook)
json.loads('[1.5, NaN, 3]', parse_float=E(), parse_constant=E(), parse_int=lambda s: json.loads(s))
""",
    "json 5": """\
import json
json.loads('[' * 10**5 + ']' * 10**5)
""",
    "json 6": """\
import json
x = []
for _ in range(10**5): x = [x]
json.dumps(x)
""",
    "json 7": """\
import json
class W:
    def write(self, s): raise KeyError(s)
json.dump([1], W())
""",
    "re": """\
import re
p = re.compile('(a)|(b)')
def f(m): p.sub(f, 'b') if m.group(1) else junk(); return m.expand('x') + str(m[0])
p.sub(f, 'abab' * 99); re.sub('a', E(), 'a')
""",
    "re 2": """\
import re
it = re.finditer('a', 'aaaa')
re.sub('a', lambda m: str(next(it)), 'aaaaaa'); re.compile('a').search('a', E(), E(5))
""",
    "re 3": """\
import re
re.compile('(' * 10**4 + ')' * 10**4)
""",
    "re 4": """\
import re
re.compile('(?:' * 300 + 'a{1,9}' + '){1,9}' * 300)
""",
    "re 5": """\
import re
m = re.match('(?P<a>x)', 'x'); m[E(1)]; m.group(E(), 'a', E(1)); m.span(E(9)); m.groups(E())
""",
    "re 6": """\
import re
re.match('(a*)*b', 'a' * 10**6)
""",
    "dataclass": """\
import dataclasses
@dataclasses.dataclass(order=True)
class A:
    x: object
    y: list = dataclasses.field(default_factory=list)
a = A(E()); a.y.append(a)
repr(a); a == A(E(), [a]); dataclasses.asdict(A(1, [A(2)])); a < A(E())
dataclasses.asdict(a)
""",
    "dataclass 2": """\
import dataclasses
@dataclasses.dataclass
class A:
    x: int = 1
    def __post_init__(self): A()
A()
""",
    "dataclass 3": """\
import dataclasses
@dataclasses.dataclass
class A:
    x: int = 1
    def __setattr__(self, n, v): del A.__init__; raise KeyError
A()
""",
    "dataclass 4": """\
import dataclasses
f = dataclasses.field(default_factory=E())
@dataclasses.dataclass
class A:
    x: int = f
    y: int = f
A().x
@dataclasses.dataclass
class B(A):
    x: int = f
del B.x
B()
""",
    "contextmanager": """\
import contextlib
@contextlib.contextmanager
def f():
    try: yield c
    except BaseExceptionLike: pass
c = f()
with c:
    with c: 1
""",
    "contextmanager 2": """\
import contextlib
@contextlib.contextmanager
def f():
    try: yield
    finally: g.close()
g = (i for i in [1])
with f(): raise StopIteration(1)
""",
    "contextmanager 3": """\
import contextlib
@contextlib.contextmanager
def f(x): yield E()
with f(f) as e: contextlib.contextmanager(E())(1).__enter__
with contextlib.contextmanager(E())() as x: pass
""",
    "exit stack": """\
import contextlib
s = contextlib.ExitStack()
def again(*a): s.push(again) if len(str(a)) % 7 else None; return True
s.push(again); s.callback(s.close)
with s: s.enter_context(s); raise KeyError
""",
    "exit stack 2": """\
import contextlib
s = contextlib.ExitStack()
for _ in range(10**5): t = contextlib.ExitStack(); t.enter_context(s); s = t
s.close()
""",
    "redirect": """\
import contextlib, sys
class W:
    def write(self, s): print(s)
with contextlib.redirect_stdout(W()): print(1)
""",
    "redirect 2": """\
import contextlib, sys, io
r = contextlib.redirect_stdout(io.StringIO())
with r, r, r: print(1); sys.stdout.close(); print(2)
""",
    "enum": """\
import enum
class A(enum.Enum):
    x = E()
    y = E()
    def __eq__(self, o): todo.append(lambda: 1); return True
    def __hash__(self): return E()
A.x == A.y; A(E()); E() in A; {A.x: 1}; list(A); A['x']
""",
    "enum 2": """\
import enum
class A(enum.Enum):
    x = 1
    def __init__(self, v): A(1)
""",
    "enum 3": """\
import enum
class A(enum.Enum):
    x = enum.auto()
    y = 'a'
    z = enum.auto()
""",
    "enum 4": """\
import enum
class A(enum.Flag):
    x = 1
    y = enum.auto()
for n in dir(A.x): setattr(A.x, n, E())
A.x | A.y; A.x & A.y; A(3); repr(A.x); del A.x._name_; repr(A.x)
""",
    "enum 5": """\
import enum
class A(enum.Enum): x = 1
m = getattr(A, 'members of an enumeration'); m['q'] = len; m[1] = E()
list(A); A['q']; 3 in A; A(7)
""",
    "enum 6": """\
import enum
class A(nn.Module, enum.Enum): x = 1
A.x(1)
""",
    "abc": """\
import abc
class A(abc.ABC):
    @abc.abstractmethod
    def f(self): pass
    def __getattr__(self, n): return E()
class B(A, Exception): f = 1
class C(B, dict): pass
""",
    "argparse": """\
import argparse
p = argparse.ArgumentParser()
p.add_argument('--x', type=E(), default=E(), choices=E(), nargs='*', const=E())
p.parse_args(['--x', 'a']); p.format_help()
""",
    "argparse 2": """\
import argparse
p = argparse.ArgumentParser(argument_default=E(), prog='%', usage='%(prog)s %q')
p.add_argument('--x', help='%(type)s %(x)d'); p.print_help()
""",
    "argparse 3": """\
import argparse
p = argparse.ArgumentParser()
def kind(s): p.add_argument('--' + s * 2); return p.parse_args([s])
p.add_argument('x', type=kind); p.parse_args(['q'])
""",
    "argparse 4": """\
import argparse
n = argparse.Namespace(a=1); n.b = n; repr(n); n == n
class N(argparse.Namespace):
    def __eq__(self, o): return self.__eq__(o)
N() == n
""",
    "logging": """\
import logging
class W:
    def write(self, s): logging.warning(s)
logging.basicConfig(stream=W(), force=True)
try: logging.warning('a')
finally: logging.basicConfig(force=True)
""",
    "logging 2": """\
import logging
l = logging.getLogger('a.' * 10**5)
""",
    "logging 3": """\
import logging
logging.getLogger('q').warning('%s %d', E(), E()); logging.getLogger('q').log(E(), E(), {'a': E()})
""",
    "tqdm": """\
import tqdm
b = tqdm.tqdm(E(), total=E(), desc=E(), unit=E(), initial=E())
for _ in b: b.n = E(); b.total = 'a'; b.close(); b.reset()
b.update(E()); b.set_postfix({E(): E()}); len(b); bool(b)
""",
    "tqdm 2": """\
import tqdm
x = []
for _ in range(10**5): x = tqdm.tqdm(x)
next(iter(x), 0)
""",
    "stringio": """\
import io
f = io.StringIO('abc')
def lines():
    f.close(); yield 'a'
f.writelines(lines())
""",
    "stringio 2": """\
import io
f = io.StringIO('abc'); f.seek(10**9); f.truncate(E(5)); f.read(E(2)); f.seek(-5)
""",
    "files": "open(E()); open('a.txt', E())",
    "files 2": """\
import os, pathlib, glob
os.listdir(E())
""",
    "files of events": """\
from torch.utils.tensorboard import SummaryWriter
w = SummaryWriter(E())
""",
    "paths": """\
import pathlib
p = pathlib.Path('a')
for _ in range(10**3): p = p / 'b'
p.parents; p == E(); p / E()
""",
    "bytes": """\
b = 'a'.encode()
b[E()]; b[E():E()]; E() in b; b.join([b, b]); bytes([E(5)]); bytes(x for x in [E(1), E(2)]); b + E()
""",
    "bytes that change": """\
a = bytearray(range(100))
class G(E):
    def __index__(self): a.clear(); return 5
a[G():G()]; a[G()] = 3; a[G():] = [G(), 1]; a.insert(G(), G()); a.extend(x for x in [1, G()])
for x in a: a.append(1); a.clear()
a.find(G()); a.pop(G()); del a[G():]; a += (G() for _ in range(3)); a.count(1, G(), G()); a.join([a, a])
""",
    "names of names": """\
for f in (dir, vars): f(E()), f(E), f(nn.Linear(1, 1)), f(torch)
vars(E())['n'] = 5; globals()['E'] = 1; [f for f in (lambda: locals())()]
map(globals, []); list(map(lambda f: f(), [globals, locals, dir, vars]))
""",
    "exits": "raise SystemExit(E(), E())",
    "exits 2": """\
class A:
    def __str__(self): raise SystemExit(A())
exit(A())
""",
    "interrupts": """\
try: raise KeyboardInterrupt
except KeyboardInterrupt: pass
class A:
    def __eq__(self, o): raise KeyboardInterrupt(E())
A() in [1]
""",
    "operators": """\
import operator
operator.itemgetter(E())([1, 2]); operator.methodcaller('go', E())(E()); operator.contains([E()], E())
operator.mod('%s', E()); operator.indexOf([E(), E()], 1)
""",
    "pprint": """\
import pprint
x = [1] * 99; x.append(x); d = {E(): x, 'a': E()}
pprint.pformat(x); pprint.pformat(d, width=E(5))
""",
    "templates": """\
import string
class D(dict):
    def __getitem__(self, k): return E()
string.Template('$a $b ${c}').substitute(D())
""",
    "modules": """\
import importlib, sys
sys.path.append(E()); sys.path.insert(0, '/'); sys.path[0] = 5
importlib.import_module('no.such')
""",
}  # fmt: skip
