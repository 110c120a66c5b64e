"""Programs get no addresses: not from ids, hashes and pointers, not in any text."""

from __future__ import annotations

import ctypes
import io
import json
import re
import subprocess
import sys

import pytest

from tcalc.__main__ import main
from tcalc.command.world import World
from tcalc.language import attributes
from tcalc.runtime.base import addresses

ADDRESS = re.compile(r"0x[0-9a-fA-F]{6,}")
SETUP = """
import functools, collections, itertools, copy, random, math, time, warnings, typing
class C:
    def m(self): return self
    @property
    def p(self): return self
    @staticmethod
    def s(): return 1
    @classmethod
    def k(cls): return cls
class D(dict): pass
class E(Exception): pass
class Q:
    def __getitem__(self, i): return i
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer, self.c = nn.Linear(2, 2), C()
def f(a=1): return a
def g(): yield 1
def tracebacks():
    class M:
        def __enter__(self): return self
        def __exit__(self, *a): self.a = a; return True
    with M() as m: 1 / 0
    return m.a
c = C(); n = collections.namedtuple('N', 'a b')(f, c); t = tensor([1., 2.], requires_grad=True)
made = [f, g, g(), lambda: 0, c, c.m, C.m, C.k, C.s, C, E, E(f), KeyError(c), OSError(f, g), [].append,
    {}.get, 'a'.upper, len, print, str.join, dict.fromkeys, iter([1]), iter((1,)), iter({1}), iter({1: 2}),
    iter(range(3)), iter('a'), iter(len, 0), iter(Q()), zip([1]), map(f, [c]), filter(f, [c]), enumerate([c]),
    reversed([c]), {1: f}.keys(), {1: f}.values(), {1: f}.items(), slice(f, c), property(f), staticmethod(f),
    classmethod(f), functools.partial(f, c, a=g), functools.lru_cache(f), functools.cmp_to_key(f),
    functools.cmp_to_key(f)(c), functools.cached_property(f), collections.deque([f]), n,
    collections.Counter([f]), collections.OrderedDict(a=f), collections.defaultdict(f, {1: c}), D(a=f),
    itertools.chain(f()*[c]), itertools.count(1), itertools.cycle([f]), itertools.repeat(f), itertools.tee([f]),
    itertools.groupby([f]), [*itertools.groupby([f])], itertools.islice([f], 2), itertools.product([f]),
    itertools.permutations([f]), itertools.accumulate([f]), itertools.starmap(f, []), itertools.takewhile(f, []),
    itertools.zip_longest([f]), itertools.pairwise([f]), itertools.compress([f], [1]), tracebacks(), (x for x in [c]),
    type(f), type(g()), type(c), type(C), type(None), None, ..., NotImplemented, object(), torch, math, nn,
    t, t * 2, (t * 2).grad_fn, t.shape, t.dtype, t.device, Net(), Net().layer, optim.SGD([t], 0.1), random.Random(1),
    typing.List, int | str, list[int], super(C, c), t.data, t.untyped_storage(), np.ones(2), np.ones(2)[0], np.float32,
    torch.Generator(), torch.no_grad(), frozenset([f]), {f, c}, {c: f}, [[f, [c]]], (f, (c,)), range(3), 'text']
def attempt(make):
    try: return make()
    except Exception as e: return [str(e), repr(e), e.args, f'{e} {e!r}', '%s %r' % (e, e), '{} {!r}'.format(e, e)]
def told(v):
    return [attempt(make) for make in (
        lambda: repr(v), lambda: str(v), lambda: f'{v}', lambda: f'{v!r} {v!s} {v!a} {v=}', lambda: f"{v:{''}}",
        lambda: format(v), lambda: format(v, ''), lambda: '{} {!r} {!a}'.format(v, v, v), lambda: '%s' % (v,),
        lambda: '%r' % [v], lambda: '%(a)s' % {'a': v}, lambda: '%s' % v, lambda: '{a}'.format_map({'a': v}),
        lambda: str([v]), lambda: str((v, [v])), lambda: str({1: v}), lambda: repr(KeyError(v)), lambda: str(KeyError(v)),
        lambda: str(ValueError(v, 1)), lambda: str(collections.deque([v])), lambda: [].index(v), lambda: {}[v],
        lambda: range(3).index(v), lambda: collections.deque().index(v), lambda: v(**5), lambda: v(*5), lambda: v + v,
        lambda: v.nothing, lambda: v[v], lambda: int(v), lambda: ones(2) + v, lambda: torch.cat(v), lambda: zeros(v),
        lambda: v.__repr__(), lambda: v.__str__(), lambda: object.__repr__(v), lambda: object.__str__(v),
        lambda: [v].__repr__(), lambda: ' '.join(map(str, [v])), lambda: [*map(repr, [v])], lambda: nn.Linear(v, 1),
        lambda: np.ones(v), lambda: tensor(v), lambda: getattr(v, v), lambda: norm(v, v), lambda: next(v, v),
        lambda: isinstance(1, v), lambda: sorted([v, v]), lambda: copy.deepcopy(v), lambda: str(type(v)))]
def numbers(v):
    return [attempt(make) for make in (
        lambda: id(v), lambda: hash(v), lambda: hash((v,)), lambda: hash((1, (v,))), lambda: hash(frozenset([v])),
        lambda: v.__hash__(), lambda: object.__hash__(v), lambda: (v,).__hash__(), lambda: tuple.__hash__((v,)))]
"""


def _texts(found: object) -> list[str]:
    if isinstance(found, str):
        return [found]
    if isinstance(found, (list, tuple)):
        return [text for part in found for text in _texts(part)]
    return []


def _values(run) -> list[object]:
    """What the setup makes, what names mean, and what their attributes are."""
    run(SETUP)
    names = run.session.namespace
    found = [*run.session.variables["made"], *map(names.visible, names.names())]
    for value in list(found):
        for name in (*attributes.visible(value)[:40], "__init__", "__call__", "__class__"):
            try:
                found.append(attributes.read(value, name))
            except Exception:  # what cannot be read shows nothing
                continue
    known = {id(value): value for value in found}
    return [v for v in known.values() if not isinstance(v, (int, float, complex, str))]


def test_no_text_holds_an_address(run) -> None:
    values = _values(run)
    told = run.session.variables["told"]
    assert len(values) > 500
    for value in values:
        if getattr(value, "__name__", "") in ("exit", "quit", "set_num_threads", "sleep"):
            continue  # would do what they are for
        for text in _texts(told(value)):
            assert not ADDRESS.search(text), (value, text)
            assert str(id(value)) not in text, (value, text)


def test_no_number_is_an_address(run) -> None:
    numbers = run.session.variables
    for value in [None, *_values(run)]:
        for number in numbers["numbers"](value):
            if type(number) is not int:
                continue
            address = id(value)
            rotated = ctypes.c_int64((address >> 4) | (address << 60)).value
            assert number not in (address, address >> 4, rotated, -address), value


MADE = [
    "np.empty(20, dtype='uint64')", "np.empty_like(np.ones(20))", "torch.empty(20, dtype=int64)",
    "torch.empty_like(ones(20))", "ones(1).new_empty(20)", "torch.empty_strided((20,), (1,))",
    "ones(1).resize_(20)[1:]",
]  # fmt: skip


@pytest.mark.parametrize("make", MADE)
def test_new_memory_shows_nothing_of_what_was_there(make: str, run) -> None:
    run("kept = [[object() for _ in range(20)] for _ in range(100)]\nkept = None")
    assert not run.value(f"any([bool(({make} != 0).any()) for _ in range(100)])")


@pytest.mark.parametrize(
    "call",
    ["np.add(a, 1, where=a > 2)", "np.clip(a, 0, 1, where=a > 2)", "a.clip(0, 1, where=a > 2)",
     "np.pad(a, 3, mode='empty')"],
)  # fmt: skip
def test_nothing_leaves_memory_as_it_was_found(call: str, run) -> None:
    run("a = np.ones(3)")
    with pytest.raises(TypeError):
        run(call)
    assert run.value("np.add(a, 1, where=a > 2, out=a).tolist()") == [1.0] * 3
    assert run.value("np.add(a, 1, a, where=a < 2).tolist()") == [2.0] * 3


def test_no_codec_error_shows_a_byte_from_elsewhere(run) -> None:
    text = run.value("str(UnicodeDecodeError('a', np.zeros(1), -40, -39, 'c'))")
    assert "0x" not in text


def test_hashes_of_what_is_equal_are_equal(run) -> None:
    assert run.value("""

import collections
N = collections.namedtuple('N', 'a b')
f = lambda: 0
[hash(a) == hash(b) for a, b in [((1, f), N(1, f)), (1, 1.0), ((1, 2), N(1, 2)), (True, 1), (f, f),
    (frozenset([f]), frozenset([f])), ('a', 'a'), ((f, (1, [].append)), (f, (1, [].append)))[:2] if 0 else (f, f)]]
""") == [True] * 8  # fmt: skip
    # What is hashed by value has Python's hash: programs mix it with their own `__hash__`.
    assert run.value("hash((1, 'a', (2.5,)))") == hash((1, "a", (2.5,)))
    run(
        "class C:\n    def __hash__(self): return hash((1, 2))\n    def __eq__(self, o): return o == (1, 2)"
    )
    assert run.value("C() in {(1, 2)}, {C(): 3}[1, 2]") == (True, 3)


def test_instances_are_hashed_by_no_address(run) -> None:
    """The order of a set tells the low bits of its members' hashes."""
    run("class C: pass\nclass E(Exception): pass\nclass M(nn.Module): pass")
    for text in ("C()", "E()", "M()", "ones(1)", "nn.Linear(1, 1)"):
        value = run.value(text)
        native = hash(value)
        assert native != hash(object.__hash__(value)), text
        assert native == hash(value) and {value: 1}[value] == 1
    assert isinstance(
        run.fails("class C:\n    def __eq__(self, o): return True\nhash(C())"), TypeError
    )
    assert isinstance(run.fails("class D(dict): pass\nhash(D())"), TypeError)


def test_the_permutation_is_one() -> None:
    numbers = [*range(3000), *(1 << n for n in range(64)), *(2**64 - n for n in range(1, 500))]
    made = {addresses.disguised(n) for n in set(numbers)}
    assert len(made) == len(set(numbers)) and all(0 <= n < 2**64 for n in made)


def test_each_process_has_its_own_keys() -> None:
    code = "from tcalc.runtime.base.addresses import disguised; print(disguised(12345))"
    seeds = {"PYTHONHASHSEED": "0", "PATH": "/usr/bin:/bin"}
    told = {
        subprocess.run([sys.executable, "-c", code], capture_output=True, env=seeds).stdout
        for _ in range(2)
    }
    assert len(told) == 2


def test_pointers_differ_as_views_do_and_begin_elsewhere(run) -> None:
    run("x = zeros(4, 6); y = x[1:, 2:]; a = x.numpy(); z = torch.from_numpy(a); w = zeros(4, 6)")
    assert run.value("y.data_ptr() - x.data_ptr()") == (6 + 2) * 4
    assert run.value("z.data_ptr() == x.data_ptr() == x.untyped_storage().data_ptr()") is True
    assert run.value("x.view(-1).data_ptr() == x.data_ptr() and x.data_ptr() % 64 == 0") is True
    assert run.value("abs(w.data_ptr() - x.data_ptr()) >= 96 and zeros(0).data_ptr() == 0") is True
    true = run.session.variables["a"].ctypes.data
    assert run.value("x.data_ptr()") != true
    before = run.value("x.data_ptr()")
    assert run.value("x.resize_(100, 100); x.data_ptr()") != before
    # What is freed takes its number with it, and its memory may serve again under another.
    known = len(addresses._owners)
    numbers = {run.value("ones(1000).data_ptr()") for _ in range(50)}
    assert len(numbers) == 50 and len(addresses._owners) <= known + 1


@pytest.mark.parametrize("mode", ["--json", "--plain", "--terse", "--csv"])
def test_no_mode_shows_an_address(mode: str) -> None:
    out, err = io.StringIO(), io.StringIO()
    world = World(io.TextIOWrapper(io.BytesIO()), out, err, {})
    shows = "\n".join(f"made[{at}]" for at in range(100)) + "\nprint(made)\nmade.index(made)"
    assert main([mode, "--keep-going", SETUP + shows], world) == 1
    said = out.getvalue() + err.getvalue()
    assert said.count("\n") > 100 and "InternalError" not in said
    assert not ADDRESS.search(said), ADDRESS.search(said)
    if mode == "--json":
        assert any(json.loads(line)["type"] == "error" for line in out.getvalue().splitlines())


def test_a_programs_own_text_is_left_alone(run) -> None:
    text = "<Node at 0x7f5ac31b04a0>"
    run(f"class C:\n    def __repr__(self): return {text!r}")
    for program, wanted in [
        ("str(C())", text), ("repr([C()])", f"[{text}]"), ("f'{C()}'", text), (f"{text!r}", text),
        (f"repr([{text!r}, C(), len])", f"['{text}', {text}, <built-in function len>]"),
        (f"'%s' % {text!r}", text), (f"str({{1: {text!r}}})", f"{{1: '{text}'}}"),
    ]:  # fmt: skip
        assert run.value(program) == wanted, program
