"""Random programs over the names that programs are lent, with classes whose methods meddle.

Every special method of `H` may first do something to the values that the program holds: empty a
container, step on an iterator, call something. What it then gives is often of a wrong type.
"""

from __future__ import annotations

import random

from tcalc.language import shown
from tcalc.parser.grammar import METHODS

SETUP = """
import itertools, functools, collections, copy, random, math, typing, warnings
import argparse, bisect, contextlib, dataclasses, datetime, enum, heapq, io, json, logging, operator
import os, pathlib, pprint, re, statistics, string, sys, textwrap, time, tqdm, abc, glob
import collections.abc
draw = random.Random({seed})
held, deep, armed = [], 0, False
def meddle():
    global deep
    if not armed or not held or deep > 2 or draw.random() < 0.6: return
    deep += 1
    try: draw.choice(ACTS)(draw.choice(held))
    except Exception:  # of any kind: the act was made up
        if draw.random() < 0.1: raise
    finally: deep -= 1
def empty(v): v.clear()
def grow(v): v.append(H())
def put(v): v[draw.choice([0, 1, H(), slice(None, None, 2)])] = draw.choice(held)
def drop(v): del v[draw.choice([0, -1, H(), slice(0, 9, 2)])]
def take(v): v.pop()
def step(v): next(v)
def steps(v): [x for x, _ in zip(v, range(5))]
def send(v): v.send(1)
def throw(v): v.throw(ValueError('thrown'))
def close(v): v.close()
def call(v): v()
def compare(v): v == draw.choice(held)
def order(v): v < draw.choice(held)
def look(v): hash(v), repr(v), str(v)
def forget(v): held.pop()
def refuse(v): raise draw.choice([ValueError(v), KeyError(v), StopIteration(v), IndexError(v), E])
def junk(v): [[i] * 5 for i in range(200)]
ACTS = [empty, grow, put, drop, take, step, step, steps, send, throw, close, call, compare, order,
        look, forget, refuse, junk]
class E(Exception): pass
class H:
    def __init__(self, n=0): self.n = n
{methods}
class S:
    def __init__(self, n=3): self.n = n
    def __len__(self): meddle(); return self.n
    def __getitem__(self, i):
        meddle()
        if type(i) is int and i > 4: raise IndexError
        return draw.choice([i, H(), held[0]])
class I:
    def __init__(self, n=4): self.n = n
    def __iter__(self): meddle(); return self
    def __next__(self):
        meddle()
        self.n -= 1
        if self.n < 0: raise StopIteration
        return draw.choice([self.n, H(), (1, H())])
class D(dict):
    def __getitem__(self, k): meddle(); return dict.get(self, k)
    def keys(self): meddle(); return [1, H()]
    def __iter__(self): meddle(); return iter([1, 2])
def g(*a, **k):
    meddle()
    try:
        for x in a: yield x
        yield from k
    finally: meddle()
def f(*a, **k): meddle(); return draw.choice([*a, H(), True, 0])
def two(a=1, b=2): meddle(); return draw.choice([a, b, -1, NotImplemented])
P = collections.namedtuple('P', 'a b')
@dataclasses.dataclass(order=True)
class DC:
    a: object = 1
    b: list = dataclasses.field(default_factory=list)
    def __post_init__(self): meddle()
class En(enum.Enum): A, B = 1, 2
class Fl(enum.Flag): A, B = 1, 2
class In(enum.IntEnum): A, B = 1, 2
class Ab(abc.ABC):
    @abc.abstractmethod
    def f(self): return meddle()
@contextlib.contextmanager
def cm(*a):
    meddle()
    try: yield a
    finally: meddle()
held.append(0)
l1, d1, s1, t1 = [H(), 1, H()], {{H(): 1, 2: H()}}, {{1, H(), 'a'}}, (H(), 1, (H(),))
q1, c1 = collections.deque([H(), 1], 5), collections.Counter([H(), 1, H()])
o1, e1 = collections.OrderedDict([(H(), 1), (2, H())]), collections.defaultdict(f, {{1: H()}})
n1, x1, r1, m1 = P(1, H()), 'a{{0}}%s', range(9), frozenset([1, H()])
g1, i1, p1 = g(1, H(), 2), itertools.chain(I(), [H()]), functools.partial(f, H())
b1, z1 = itertools.groupby([H(), H(), 1]), zip(I(), [1, H()])
y1, dc1, sio1, pat1 = 'a'.encode(), DC(H(), [H()]), io.StringIO('a\\nb'), re.compile('(a)|b+')
mat1, stk1, ap1, ns1 = pat1.search('xab'), contextlib.ExitStack(), argparse.ArgumentParser(), argparse.Namespace(a=H())
path1, day1, bar1, log1, tp1 = pathlib.Path('a/b.c'), datetime.datetime(2020, 1, 2), tqdm.tqdm(l1), logging.getLogger('q'), string.Template('$a')
held += [dc1, sio1, stk1, ns1, bar1]
held += [l1, d1, s1, q1, c1, o1, g1, i1, b1, z1]
held += [H(1), [1, 2, H()], {{1: H(), H(): 2}}, {{1, H()}}, S(), I(), g(1, H()), D(a=1), P(1, H())]
armed = True
"""
# What special methods give: mostly what they should, sometimes anything.
_GIVEN = {
    "__repr__": "'H'", "__str__": "'h'", "__len__": "self.n", "__hash__": "1", "__bool__": "True",
    "__int__": "self.n", "__float__": "1.5", "__complex__": "1j", "__index__": "self.n",
    "__iter__": "iter([1, H(), 2])", "__contains__": "True", "__eq__": "NotImplemented",
}  # fmt: skip
_LEFT_OUT = frozenset({"__init__", "__getattr__", "__setattr__", "__enter__", "__exit__"})
_BUILTINS = """
    len enumerate zip map filter reversed int float bool str tuple dict set frozenset slice list
    isinstance issubclass callable id repr hash chr ord hex bin oct iter next divmod abs complex type
    format sorted getattr hasattr setattr max min sum any all pow round print range object property
    staticmethod classmethod super
""".split()
_LENT = """
    itertools.accumulate itertools.chain itertools.chain.from_iterable itertools.combinations
    itertools.combinations_with_replacement itertools.compress itertools.count itertools.cycle
    itertools.dropwhile itertools.filterfalse itertools.groupby itertools.islice itertools.pairwise
    itertools.permutations itertools.product itertools.repeat itertools.starmap itertools.takewhile
    itertools.tee itertools.zip_longest functools.cached_property functools.cmp_to_key
    functools.lru_cache functools.partial functools.reduce functools.total_ordering functools.wraps
    functools.cache collections.Counter collections.OrderedDict collections.defaultdict
    collections.deque collections.namedtuple copy.copy copy.deepcopy random.choice random.choices
    random.sample random.shuffle random.randint random.randrange random.uniform random.Random
    math.fsum math.prod math.gcd math.dist math.hypot math.comb math.factorial math.isqrt math.floor
    math.isclose math.log math.ldexp typing.TypeVar typing.cast typing.NewType warnings.warn
    ValueError KeyError StopIteration OSError ImportError UnicodeError AttributeError
    torch.Size tensor ones zeros torch.stack torch.cat np.array np.zeros torch.dtype nn.Linear
    torch.is_tensor nn.Parameter torch.manual_seed
    argparse.Namespace ap1.add_argument ap1.parse_known_args ap1.set_defaults ap1.get_default
    bisect.bisect bisect.insort contextlib.ExitStack contextlib.suppress contextlib.contextmanager
    contextlib.closing contextlib.nullcontext contextlib.redirect_stdout cm dataclasses.asdict
    dataclasses.astuple dataclasses.dataclass dataclasses.field dataclasses.fields
    dataclasses.replace datetime.date datetime.datetime datetime.timedelta datetime.time
    datetime.timezone DC En Fl In Ab enum.Enum enum.auto enum.unique glob.glob heapq.heapify
    heapq.heappop heapq.heappush heapq.heappushpop heapq.heapreplace heapq.nlargest
    heapq.nsmallest io.StringIO json.dumps json.loads logging.Formatter log1.warning log1.setLevel
    operator.attrgetter operator.getitem operator.itemgetter operator.methodcaller operator.mod
    operator.mul operator.pow operator.xor operator.add operator.contains os.path.exists
    os.path.join os.path.splitext os.listdir pathlib.Path pprint.pformat re.compile re.escape
    re.findall re.finditer re.match re.search re.split re.sub statistics.mean statistics.median
    string.Template string.capwords sys.getsizeof textwrap.fill textwrap.wrap time.strftime
    time.localtime tqdm.tqdm tqdm.trange collections.abc.Iterable abc.abstractmethod bytes dir vars
    globals locals delattr isinstance SystemExit
""".split()
_ATTRIBUTES = sorted(
    {name for names in shown.NATIVE.values() for name in names}
    | {name for names in shown.REPLACED.values() for name in names}
    | {"args", "value", "shape", "T", "elements", "most_common", "subtract", "move_to_end",
       "appendleft", "popleft", "rotate", "extendleft", "_replace", "_asdict", "_make", "x"}
)  # fmt: skip
# Names of the setup's values, and what they have.
_METHODS = {
    "l1": shown.NATIVE[list], "d1": shown.NATIVE[dict], "s1": shown.NATIVE[set],
    "t1": shown.NATIVE[tuple], "q1": shown.NATIVE[list] | {"appendleft", "popleft", "rotate"},
    "c1": shown.NATIVE[dict] | {"elements", "most_common", "subtract", "total"},
    "o1": shown.NATIVE[dict] | {"move_to_end"}, "e1": shown.NATIVE[dict],
    "n1": {"_replace", "_asdict", "_make", "count", "index"},
    "x1": shown.NATIVE[str] | set(shown.REPLACED[str]), "r1": {"count", "index"},
    "m1": shown.NATIVE[frozenset], "g1": {"send", "throw", "close"},
    "y1": {"decode", "join", "split", "find", "count", "replace", "hex"},
    "sio1": {"read", "readline", "readlines", "write", "writelines", "seek", "truncate", "close"},
    "pat1": {"search", "match", "fullmatch", "findall", "finditer", "sub", "split", "subn"},
    "mat1": {"group", "groups", "groupdict", "span", "start", "end", "expand"},
    "stk1": {"enter_context", "push", "callback", "pop_all", "close"},
    "path1": {"joinpath", "with_suffix", "relative_to", "match", "glob", "exists", "is_relative_to"},
    "day1": {"replace", "strftime", "isoformat", "astimezone", "timestamp", "date"},
    "bar1": {"update", "set_postfix", "set_description", "reset", "write", "close", "refresh"},
    "tp1": {"substitute", "safe_substitute"}, "log1": {"info", "error", "addHandler", "setLevel"},
    "ap1": {"add_argument", "add_argument_group", "parse_args", "set_defaults"},
}  # fmt: skip
_CALLS = [(name, method) for name, methods in _METHODS.items() for method in sorted(methods)]
_OWNED = [*_METHODS, "i1", "p1", "b1", "z1"]
_SPECIAL = sorted(METHODS)
_BINARY = "+ - * / // % ** @ << >> & | == != < <= > >= in is and or".split()
_ATOMS = """
    0 1 2 -1 3 1.5 2j True None ... 'a' 'ab' '' '{}' '{0!r:>{1}}' '%s' '%r,%d' '%(a)s' 10**20 10**6 nan
    [] () {} [1,2,3] (1,2) {1:2} {1,2} [[1],[2]] range(5) H() H(2) H(-1) S() I() D(a=1) g(1,2,H())
    f two E E() int str list dict P P(1,2) slice(None,None,2) slice(H(),H(2)) NotImplemented len
    ones(2) arange(6) tensor(3) held lambda*a:a H S I torch np math (lambda:(yield)) frozenset([1])
""".split()


class Writer:
    """Writes one random program."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.draw = random.Random(seed)
        self.names = [f"v{n}" for n in range(self.draw.randrange(2, 9))]
        self.bound: list[str] = []

    def program(self) -> str:
        """A program; the same for the same seed."""
        lines = [SETUP.format(seed=self.seed, methods=self._methods())]
        lines.append(f"{' = '.join(self.names)} = H()")
        caught = self.draw.random() < 0.7
        for _ in range(self.draw.randrange(3, 25)):
            line = self._statement()
            if caught and self.draw.random() < 0.9:
                line = (
                    "try:\n" + _indented(line) + "\nexcept Exception as error: held.append(error)"
                )
            lines.append(line)
        return "\n".join(lines)

    def _methods(self) -> str:
        lines = []
        for name in sorted(METHODS - _LEFT_OUT):
            if self.draw.random() < 0.35 and name != "__hash__":
                continue
            given = _GIVEN.get(name, "self")
            if self.draw.random() < 0.15:
                given = self.draw.choice(
                    ("NotImplemented", "None", "10**30", "-5", "'x'", "draw.choice(held)", "H()")
                )
            lines.append(f"    def {name}(self, *a): meddle(); return {given}")
        return "\n".join(lines) or "    pass"

    def _statement(self) -> str:
        kind = self.draw.randrange(12)
        if kind < 5:
            name = self.draw.choice(self.names)
            value = self._expression(2)
            self.bound.append(name)
            return f"{name} = {value}; held.append({name})"
        if kind == 5:
            return f"for {self._target()} in {self._bounded(2)}: {self._expression(1)}"
        if kind == 6:
            return f"{self._target()} = {self._expression(2)}"
        if kind == 7:
            place = self._place()
            return f"{place} {self.draw.choice(('+=', '-=', '*=', '|=', '&=', '%=', '**='))} {self._expression(2)}"
        if kind == 8:
            return f"del {self._place()}"
        if kind == 9:
            return f"with {self._expression(2)}: pass"
        if kind == 10:
            return f"raise {self._expression(2)}"
        return self._expression(3)

    def _bounded(self, depth: int) -> str:
        """An iterable that ends."""
        return f"itertools.islice({self._expression(depth)}, 9)"

    def _place(self) -> str:
        kind = self.draw.randrange(4)
        base = self._atom()
        if kind == 0:
            return f"({base})[{self._expression(1)}]"
        if kind == 1:
            return (
                f"({base})[{self._atom()}:{self._atom()}:{self.draw.choice(('2', '-1', 'H(1)'))}]"
            )
        if kind == 2:
            return f"({base}).{self.draw.choice(('x', 'n', 'args', 'a'))}"
        return self.draw.choice(self.names)

    def _target(self) -> str:
        if self.draw.random() < 0.6:
            return self._place()
        return f"{self._place()}, {self.draw.choice(('', '*'))}{self._place()}"

    def _atom(self) -> str:
        if self.draw.random() < 0.35:
            return self.draw.choice(_OWNED)
        if self.bound and self.draw.random() < 0.4:
            return self.draw.choice(self.bound)
        if self.draw.random() < 0.15:
            return f"held[{self.draw.randrange(-3, 9)}]"
        return self.draw.choice(_ATOMS)

    def _arguments(self, depth: int) -> str:
        parts = [
            self._expression(depth - 1) for _ in range(self.draw.choice((0, 1, 1, 1, 2, 2, 3)))
        ]
        if self.draw.random() < 0.1:
            parts.append(f"*{self._bounded(1)}")
        if self.draw.random() < 0.12:
            key = self.draw.choice(("key", "default", "initial", "maxsize", "n", "repeat", "a"))
            parts.append(f"{key}={self._expression(1)}")
        if self.draw.random() < 0.05:
            parts.append(f"**{self._expression(1)}")
        return ", ".join(parts)

    def _expression(self, depth: int) -> str:
        if depth <= 0 or self.draw.random() < 0.15:
            return f"({self._atom()})"
        inner = depth - 1
        kind = self.draw.randrange(17)
        if kind < 3:
            return f"{self.draw.choice(_BUILTINS)}({self._arguments(depth)})"
        if kind < 7:
            return f"{self.draw.choice(_LENT)}({self._arguments(depth)})"
        if kind == 7:
            name, method = self.draw.choice(_CALLS)
            return f"{name}.{method}({self._arguments(depth)})"
        if kind == 8:
            name = self.draw.choice(_ATTRIBUTES)
            return f"({self._expression(inner)}).{name}({self._arguments(depth)})"
        if kind == 9:
            name = self.draw.choice(_SPECIAL)
            return f"({self._expression(inner)}).{name}({self._arguments(depth)})"
        if kind == 10:
            operator = self.draw.choice(_BINARY)
            return f"({self._expression(inner)} {operator} {self._expression(inner)})"
        if kind == 11:
            return f"({self._expression(inner)})[{self._expression(inner)}]"
        if kind == 12:
            parts = [self._expression(inner) for _ in range(self.draw.randrange(4))]
            opening, closing = self.draw.choice(("[]", "()", "{}"))
            return f"{opening}{', '.join(parts)}{',' if opening == '(' and parts else ''}{closing}"
        if kind == 13:
            return f"[{self._expression(1)} for x in {self._bounded(inner)}]"
        if kind == 14:
            conversion = self.draw.choice(("", "!r", "!s", "!a", ":>9", ":.3", "!r:{2}"))
            return f'f"{{held[{self.draw.randrange(9)}]{conversion}}}"'
        if kind == 15:
            return f"next({self._expression(inner)}, {self._atom()})"
        return f"list({self._bounded(inner)})"


def _indented(text: str) -> str:
    return "\n".join("    " + line for line in text.split("\n"))


def program(seed: int) -> str:
    """The random program of a seed.

    >>> program(7) == program(7), program(7) == program(8)
    (True, False)
    """
    return Writer(seed).program()
