"""The modules that programs import, and copies."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tcalc.compiler import locate


def test_copies_of_containers(run) -> None:
    run("""
import copy, collections
class A:
    def __init__(self): self.x = [1]; self.me = self
class E(Exception):
    def __init__(self, a, b): super().__init__(a); self.b = b
class D(dict): pass
a, e, d = A(), E(1, [2]), D(k=[1])
d.extra = [3]
b, f, g = copy.deepcopy(a), copy.deepcopy(e), copy.deepcopy(d)
c = copy.copy(a)
shared = [0]
pair = copy.deepcopy([shared, shared])
loop = [1]; loop.append(loop)
turned = copy.deepcopy(loop)
q = copy.deepcopy(collections.deque([1, 2], maxlen=2))
w = copy.deepcopy(collections.defaultdict(list, a=[1]))
""")
    assert run.value("b is not a, b.me is b, b.x == [1], b.x is a.x, c.x is a.x, type(b) is A") == (
        True, True, True, False, True, True,
    )  # fmt: skip
    assert run.value("f.args, f.b, f.b is e.b, g['k'] is d['k'], g.extra, type(g) is D") == (
        (1,), [2], False, False, [3], True,
    )  # fmt: skip
    assert run.value("pair[0] is pair[1], pair[0] is shared, turned[1] is turned") == (
        True, False, True,
    )  # fmt: skip
    assert run.value("q.maxlen, w['new'], w['a']") == (2, [], [1])


def test_copies_of_tensors(run) -> None:
    run("""
import copy
t = tensor([1., 2.], requires_grad=True)
(t * t).sum().backward()
d, s = copy.deepcopy(t), copy.copy(t)
p = copy.deepcopy(nn.Parameter(ones(2)))
a = np.array([1., 2.])
b = copy.deepcopy(a)
b[0] = 9
d.data[0] = 7
s.data[1] = 8
""")
    assert run.value("t.tolist(), d.tolist(), a.tolist(), b.tolist()") == (
        [1.0, 8.0], [7.0, 2.0], [1.0, 2.0], [9.0, 2.0],
    )  # fmt: skip
    assert run.value("d.requires_grad, d.grad.tolist(), type(p) is nn.Parameter") == (
        True, [2.0, 4.0], True,
    )  # fmt: skip
    assert isinstance(run.fails("copy.deepcopy(t * 2)"), RuntimeError)


def test_copied_models_have_parameters_of_their_own(run) -> None:
    run("""
import copy
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(2, 1)
net = Net()
twin = copy.deepcopy(net)
""")
    assert run.value("twin.layer.weight is net.layer.weight") is False
    assert run.value("(twin.layer.weight == net.layer.weight).all().item()") is True


def test_random_draws_pythons_numbers(run) -> None:
    import random

    expected = random.Random(3)
    run("import random; random.seed(3)")
    assert run.value("random.random(), random.sample(range(9), 3)") == (
        expected.random(), expected.sample(range(9), 3),
    )  # fmt: skip
    assert run.value("random.Random(3).random()") == random.Random(3).random()


def test_hints_of_typing(run) -> None:
    run(
        "from typing import Any, Dict, List, NewType, Optional, Union, TYPE_CHECKING, cast, overload"
    )
    run(
        "Table = Dict[str, List[Optional[int]]]; Either = Union[int, None] | Any; N = NewType('N', int)"
    )
    assert run.value("TYPE_CHECKING, cast(int, 'x')") == (False, "x")
    assert str(run.value("List[int]")) == "typing.List"


def test_warnings_go_to_standard_error(run, capsys) -> None:
    run("""
import warnings
warnings.warn('careful')
warnings.warn('old', DeprecationWarning)
with warnings.catch_warnings():
    warnings.simplefilter('ignore')
    warnings.warn('unseen')
warnings.warn(RuntimeWarning('seen'))
""")
    assert capsys.readouterr().err == (
        "UserWarning: careful\nDeprecationWarning: old\nRuntimeWarning: seen\n"
    )
    run.fails("warnings.warn('x', int)", TypeError)


def test_arrays(run) -> None:
    run("a = np.arange(6).reshape(2, 3); m = np.array([[2., 0.], [0., 4.]])")
    assert run.value("a.shape, a.sum().item(), a.T.tolist(), a[1, 2].item(), a.dtype.name") == (
        (2, 3), 15, [[0, 3], [1, 4], [2, 5]], 5, "int64",
    )  # fmt: skip
    assert run.value("np.linalg.inv(m).tolist()") == [[0.5, 0.0], [0.0, 0.25]]
    assert run.value("np.float32(2).dtype == np.float32, isinstance(a, np.ndarray)") == (True, True)
    assert run.value("a.astype(np.float32).dtype == np.float32, a.astype('int8').itemsize") == (
        True,
        1,
    )
    assert run.value("np.zeros(2, dtype=float32).dtype.name, np.ones((1, 2)).tolist()") == (
        "float32", [[1.0, 1.0]],
    )  # fmt: skip
    assert run.value("np.pi == pi, np.e == e, np.inf == inf") == (True, True, True)
    run("a[0, 0] = 10; a += 1")
    assert run.value("a[0].tolist(), (a > 5).any().item()") == ([11, 2, 3], True)


@pytest.mark.parametrize("array", ["np.ones(2)", "torch.ones(2).numpy()"])
def test_arrays_are_printed_first_by_the_program(array: str) -> None:
    # In a process of its own: what NumPy has imported stays imported.
    program = f"x = {array}; f'{{x}}' + str(x)"
    tcalc = [sys.executable, "-m", "tcalc", "--plain", program]
    assert subprocess.run(tcalc, capture_output=True, text=True).stdout == "'[1. 1.][1. 1.]'\n"


def test_memory_is_shared_with_tensors(run) -> None:
    run("a = np.zeros(2); t = torch.from_numpy(a); t[0] = 5; b = ones(2); c = b.numpy(); c[1] = 7")
    assert run.value("a.tolist(), b.tolist()") == ([5.0, 0.0], [1.0, 7.0])


@pytest.mark.parametrize(
    "text", ["math.sqrt(-1)", "math.factorial(-1)", "math.comb(1)", "time.sleep('x')"]
)
def test_errors_are_pythons(run, text: str) -> None:
    run("import math, time")
    assert isinstance(run.fails(text), (ValueError, TypeError))


def test_members_are_those_of_the_module_that_the_name_means(run) -> None:
    assert run("""
import math as m
def pi(): return m.pi
class Own: pi = 'own'
found = []
for m in (m, Own(), np, m, np, m): found.append((pi(), m.pi))
found.append((lambda m: m.pi)(Own))
found
""")[0] == [*[(3.141592653589793,) * 2], ("own", "own"), *[(3.141592653589793,) * 2] * 4, "own"]


def test_constants_of_torch(run) -> None:
    assert run.value("torch.pi, torch.e, torch.inf, -torch.inf, torch.newaxis") == (
        3.141592653589793, 2.718281828459045, float("inf"), -float("inf"), None,
    )  # fmt: skip
    assert run.value("torch.nan != torch.nan and ones(2)[torch.newaxis].shape == (1, 2)")


def test_members_of_members_are_found_again(run) -> None:
    run("""
def f(x): return torch.nn.functional.relu(x), nn.functional.relu(x), F.relu(x)
pairs = [f(tensor(n)) for n in (-1, 2, -3)]
""")
    assert run.value("[[v.item() for v in p] for p in pairs]") == [[0] * 3, [2] * 3, [0] * 3]
    run("class Own: pass\nown = torch = Own()\nown.nn = Own()\nown.nn.functional = 5")
    assert run.value("torch.nn.functional") == 5
    error = run.fails("f(tensor(1))", AttributeError)
    assert str(error) == "'int' object has no attribute 'relu'"


def test_what_a_module_lacks_is_an_error_each_time(run) -> None:
    run("import math\ndef f(): return math.nothing\ndef g(): return math.pi.nothing")
    for _ in range(3):
        assert "no attribute 'nothing'" in str(run.fails("f()", AttributeError))
        assert "no attribute 'nothing'" in str(run.fails("g()", AttributeError))
        assert "no attribute '_find'" in str(run.fails("torch._find", AttributeError))


def test_places_of_errors_in_dotted_names(run) -> None:
    def place(text: str) -> str:
        error = run.fails(text)
        source, node, _ = locate(error.__traceback__)[-1]
        return source.text[node.start : node.end]

    for _ in range(2):
        assert place("if False: import math as q\nz = q.pi") == "q"
        assert place("z = torch.autogra.grad") == "torch.autogra"
        assert place("z = torch.autograd.gra") == "torch.autograd.gra"
        assert place("for i in range(2): z = torch.autograd.grad(i)") == "torch.autograd.grad(i)"
        assert place("t = 5\nfor i in range(2): t.nothing(i)") == "t.nothing"
        assert place("t = 5\nfor i in range(2): t.bit_length(i)") == "t.bit_length(i)"


def test_methods_are_called_as_looked_up(run) -> None:
    """With and without arguments, by types that change between calls."""
    assert run("""
class A:
    def __init__(self, own=None):
        if own: self.m = own
    def m(self, *args, **kw): return 'A', args, kw
class B(A):
    def m(self, *args, **kw): return 'B', *super().m(*args, **kw)[1:]
class C:
    def __getattr__(self, name): return lambda *args: (name, args)
x, k = 1, 'k'
found = []
for v in (A(), B(), C(), A(lambda *args: ('own', args)), C(), A()):
    found += [v.m(), v.m(x), v.m(x, 2)]
found += [A().m(x, k=k, **{}), [3, 1, 2].index(x), 'a-b'.split('-')]
found
""")[0] == [
        *[("A", a, {}) for a in ((), (1,), (1, 2))],
        *[("B", a, {}) for a in ((), (1,), (1, 2))],
        *[("m", a) for a in ((), (1,), (1, 2))],
        *[("own", a) for a in ((), (1,), (1, 2))],
        *[("m", a) for a in ((), (1,), (1, 2))],
        *[("A", a, {}) for a in ((), (1,), (1, 2))],
        ("A", (1,), {"k": "k"}), 1, ["a", "b"],
    ]  # fmt: skip
