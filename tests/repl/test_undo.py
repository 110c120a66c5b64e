"""Lines that fail leave everything as it was, to the bit; others can be undone and done again."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from tcalc.options import parse
from tcalc.prompt.undo import writes
from tcalc.prompt.undo.snapshot import Snapshot
from tcalc.prompt.undo.standing import Standing
from tcalc.runtime.base.registry import lookup
from tcalc.runtime.tensor.tensor import Tensor

from .conftest import Talk

SETUP = (
    "import random, numpy as np",
    "torch.manual_seed(3); random.seed(3); np.random.seed(3)",
    "x = arange(12.).reshape(3, 4); y = x[1]; t = x.T; n = x.numpy(); i = arange(5)",
    "big = randn(520, 520); wait = big * 2 + 1; late = randn(520, 520).exp()",
    "w = randn(3, 3, requires_grad=True); v = w * 2; loss = (v @ w).sum()",
    "m = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Dropout())",
    "opt = torch.optim.Adam(m.parameters(), lr=0.1)",
    "sch = torch.optim.lr_scheduler.StepLR(opt, 1)",
    "m(x).sum().backward(); opt.step()",
    "sgd = torch.optim.SGD([w], lr=0.1, momentum=0.9)",
    "g = torch.Generator().manual_seed(1); r = np.random.default_rng(0); p = random.Random(1)",
    "a = np.arange(6.).reshape(2, 3); u = torch.from_numpy(a)",
    "li = [1, [2, 3], x]; di = {'k': 1, 'li': li}; se = {1, 2}; tu = (li, 4)",
    "from collections import OrderedDict, Counter, defaultdict, deque",
    "od = OrderedDict(a=1, b=2); co = Counter('aab'); dd = defaultdict(list); dq = deque([1, 2])",
    "ln = list(range(100)); sp = torch.eye(3).to_sparse(); cx = randn(3) + 1j",
    "class C:\n    kept = []\n    n = 0\n    def __init__(self):\n        self.items = [1]\n",
    "o = C(); o.t = zeros(2)",
    "def count(to=[]):\n    to.append(1)\n    return len(to)\n",
    "def outer():\n    k = 0\n    def inner():\n        nonlocal k\n        k += 1\n        return k\n    return inner\n",
    "def inplace(v):\n    v.mul_(2)\n    return v.sum()\n",
    "fast = torch.compile(inplace); fast(zeros(3, 4)); fast(ones(3, 4)); fast(zeros(520, 520));",
    "def train(v):\n    opt.zero_grad()\n    m[0](v).sum().backward()\n    opt.step()\n",
    "quick = torch.compile(train); quick(ones(2, 4)); quick(ones(2, 4))",
    "inc = outer(); emb = nn.Embedding(5, 2, max_norm=1.0); rnn = nn.GRU(4, 2); h = m[0].weight",
)
# What lines do: each of these changes something, and none of them fails.
CHANGES = (
    "x.add_(1)", "x[0] = 7.", "x[0, 1] = -1.", "x[:, 1] *= 3", "y.zero_()", "t[2] = 5.",
    "x[x > 3] = 0.", "x[[0, 2]] = 9.", "x.copy_(zeros(3, 4))", "x += 2", "y += x[0]",
    "torch.add(x, x, out=x)", "x.normal_()", "x.uniform_(0, 1)", "x.random_(5)", "x.sqrt_()",
    "x.clamp_(1, 2)", "x.index_add_(0, tensor([0]), ones(1, 4))", "x.t_()", "x.unsqueeze_(0)",
    "x.resize_(2, 2)", "x.data = zeros(2)", "x.requires_grad_()", "x.transpose_(0, 1)",
    "x.masked_fill_(x > 1, 0)", "x.scatter_(1, zeros(3, 1).long(), 4.)", "x.fill_diagonal_(8)",
    "x.sort(out=(zeros(3, 4), zeros(3, 4).long()))", "x.squeeze_()",
    "big.mul_(2)", "big[3, 4] = 0.", "big += big.T.clone()", "wait.add_(1)", "late.sub_(wait)",
    "late[5] = 1.", "wait = wait.sin(); wait.sum()", "big.copy_(wait * late)", "big.exp_()",
    "loss.backward()", "loss.backward(); sgd.step()", "w.grad = ones(3, 3)", "v.retain_grad()",
    "with no_grad():\n    w.add_(1)\n", "w.data.zero_()", "w.requires_grad_(False)",
    "w.register_hook(lambda g: g)", "v.detach_()", "w.grad = None",
    "m(x.reshape(-1, 4)[:2] * 1.).sum().backward()", "opt.step()", "sch.step()", "opt.zero_grad()",
    "m.eval()", "m.double()", "m[1].running_mean.add_(1)", "m[0].weight.data.fill_(2.)",
    "m.add_module('more', nn.ReLU())", "m.load_state_dict({k: v * 0 for k, v in m.state_dict().items()})",
    "opt.param_groups[0]['lr'] = 3.", "m.register_forward_hook(lambda *a: None)", "del m[2]",
    "nn.init.ones_(m[0].weight)", "m.requires_grad_(False)", "m[0].bias = None",
    "nn.utils.clip_grad_norm_(m.parameters(), 0.01)", "emb(tensor([1, 2]))", "rnn(randn(3, 1, 4))",
    "sgd.zero_grad(); loss.backward(); sgd.step(); sgd.step()", "h.grad.add_(1)",
    "torch.manual_seed(0)", "randn(3)", "rand(100000)", "g.manual_seed(9)", "randn(3, generator=g)",
    "random.random()", "random.shuffle(ln)", "np.random.rand(3)", "r.random(3)", "p.random()",
    "random.seed(1)", "torch.set_default_dtype(torch.float64)", "torch.set_grad_enabled(False)",
    "a[0] = 1", "a += 1", "n[:] = 0", "u.mul_(2)", "a.sort()", "np.add(a, 1, out=a)",
    "li.append(3)", "li[1].append(4)", "di['new'] = 1", "di.clear()", "se.add(5)", "del li[0]",
    "tu[0].insert(0, 9)", "od.move_to_end('a')", "co.update('zz')", "dd['x'].append(1)",
    "dq.appendleft(0)", "ln.reverse()", "li.sort(key=str)", "od.popitem()", "dq.clear()",
    "C.n = 5", "C.kept.append(1)", "C.more = 1", "o.items.append(2)", "o.t.add_(1)", "o.new = 1",
    "del o.items", "count()", "inc()", "del x", "x = 3", "x, y = y, x", "norm = 3",
    "sp.mul_(2)", "sp = sp.coalesce()", "cx.mul_(2j)", "cx.real.add_(1)", "cx.conj().mul_(2)",
    "1 + 1", "f = lambda: x", "import math", "for k in range(3):\n    x.add_(k)\n",
    "fast(x)", "fast(big)", "fast(wait)", "quick(ones(2, 4))", "fast(x[:2])", "fast(y)", "fast(big[:, 1:])", "torch.compile(lambda v: v.normal_())(x)", "torch.compile(lambda v: v.exp_())(big)", "torch.jit.trace(inplace, x)(x)", "quick(x.detach() * 1.)",
    "torch.vmap(lambda r: r.add_(1))(x)", "F.relu_(x)", "F.dropout(big, 0.5, inplace=True)",
    "torch.nn.utils.vector_to_parameters(zeros(15), m[0].parameters())", "big.sort(out=(big, zeros(520, 520).long()))",
    "torch.cumsum(x, 0, out=x)", "big.relu_()", "x.sigmoid_(); big.tanh_()",
    "i += 1", "i[0] = 9", "i.bitwise_or_(3)", "d2 = {'a': [x]}; d2['a'][0].zero_()",
)  # fmt: skip
# Those after which nothing is different, unless one looks at the results.
LOOKS = ("x.sort(out=(zeros(3, 4), zeros(3, 4).long()))", "a.sort()", "li.sort(key=str)",
         "sp = sp.coalesce()", "1 + 1")  # fmt: skip
# How they end.
FAILURES = (
    "1 / 0", "ones(2) @ ones(3)", "undefined", "raise ValueError('no')", "raise KeyboardInterrupt",
    "assert False", "x.no_such", "zeros(2)[5]",
)  # fmt: skip


def begun() -> Talk:
    lookup("torch.set_grad_enabled")(True)
    lookup("torch.set_default_dtype")(lookup("torch.float32"))
    talk = Talk(parse(["repl", "--plain"]))
    for line in SETUP:
        talk(line)
        assert not talk.err.getvalue(), (line, talk.err.getvalue())
    return talk


def state(talk: Talk) -> list[Any]:
    """All that can be reached, with the bits of memory; objects are told by who they are."""
    standing = Standing()
    found: list[Any] = [source.state() for source in _sources()]
    session = talk.session
    snapshot = Snapshot(session.variables, [session.results, *standing.roots()], writes.Writes())
    assert snapshot.whole
    for change in snapshot.held:
        owner, held = change.owner, change.held
        found.append((id(owner), _ids(held)))
        if isinstance(owner, Tensor) and type(owner._d).__name__ in ("ndarray", "Pending"):
            found.append(
                (id(owner), "bits", hash(owner._a.tobytes()), owner._a.shape, str(owner._a.dtype))
            )
    found += [repr(v) for v in talk.session.variables.values() if type(v) in (int, float, str)]
    array = talk.session.variables.get("a")
    found.append(None if array is None else array.tobytes())
    return found


def _sources() -> list[Any]:
    from tcalc.runtime.ops.random.sources import SOURCES

    return list(SOURCES)


def _ids(held: Any) -> Any:
    if isinstance(held, dict):
        return [(_ids(k), _ids(v)) for k, v in held.items()]
    if type(held) in (list, tuple):
        return [_ids(v) for v in held]
    if isinstance(held, set):
        return sorted(id(v) for v in held)
    if isinstance(held, np.ndarray):
        return id(held) if held.dtype == object else hash(held.tobytes())
    return held if type(held) in (int, float, str, bool, bytes, type(None)) else _kept(held)


_alive: dict[int, Any] = {}


def _kept(value: Any) -> int:
    """Who a value is; what waited to be computed and now is is the same."""
    value = getattr(value, "array", value) if type(value).__name__ == "Pending" else value
    _alive[id(value)] = value
    return id(value)


def same(before: list[Any], after: list[Any]) -> None:
    assert len(before) == len(after)
    for one, other in zip(before, after):
        assert repr(one) == repr(other)


@pytest.fixture(scope="module")
def talk() -> Talk:
    return begun()


@pytest.mark.parametrize("change", CHANGES)
def test_a_failed_line_changes_nothing(change: str, talk: Talk) -> None:
    state(talk)  # what waits is computed here
    before = state(talk)
    block = "\n" in change
    failing = f"if True:\n    {change.rstrip().replace(chr(10), chr(10) + '    ')}\n    1 / 0\n"
    said = talk(failing if block else f"{change}; 1 / 0")
    assert "ZeroDivisionError" in said, said
    same(before, state(talk))
    talk.repl.timeline.forget()


@pytest.mark.parametrize("seed", range(12))
def test_what_fails_after_several_changes_leaves_nothing(seed: int, talk: Talk) -> None:
    rng = random.Random(seed)
    lines = [c for c in rng.sample(CHANGES, 8) if "\n" not in c]
    state(talk)
    before = state(talk)
    talk("; ".join([*lines, rng.choice(FAILURES)]))
    assert talk.err.getvalue()
    same(before, state(talk))
    talk.repl.timeline.forget()


@pytest.mark.parametrize("change", CHANGES)
def test_undo_takes_a_line_back_and_redo_does_it_again(change: str, talk: Talk) -> None:
    state(talk)
    before = state(talk)
    said = talk(change)
    assert not talk.err.getvalue(), said
    past = talk.repl.timeline.past
    if not past or past[-1].text.strip() != change.strip():
        assert change in LOOKS
        talk.repl.timeline.forget()
        return
    state(talk)
    after = state(talk)
    for _ in range(2):
        assert talk(":undo").startswith("undone: ")
        same(before, state(talk))
        talk(":redo")
        same(after, state(talk))
    talk(":undo")
    talk.repl.timeline.forget()


def test_many_lines_are_undone_in_turn(talk: Talk) -> None:
    rng = random.Random(5)
    states = []
    for change in rng.sample([c for c in CHANGES if c not in LOOKS], 15):
        state(talk)
        before = state(talk)
        talk(change)
        if not talk.err.getvalue():
            states.append(before)
    for before in reversed(states):
        assert talk(":undo").startswith("undone: ")
        same(before, state(talk))


NOTE = "  = note: what the line had done is undone; :redo brings it back\n"


def fresh(*lines: str) -> Talk:
    talk = Talk(parse(["repl", "--plain"]))
    for line in lines:
        talk(line)
    return talk


def test_it_says_so_where_a_failed_line_had_done_something() -> None:
    talk = fresh("x = zeros(2)")
    assert not talk("1 / 0").endswith(NOTE)
    assert not talk("x + 1; x; 1 / 0").endswith(NOTE)  # a look
    assert talk("y = x[0] + x.T; 1 / 0").endswith(NOTE)
    assert talk("x.add_(1); 1 / 0").endswith(NOTE)
    assert talk("x") == "tensor([0., 0.])\n"
    assert talk(":redo") == "redone: x.add_(1); 1 / 0\n"
    assert talk("x") == "tensor([1., 1.])\n"
    assert talk(":undo") == "undone: x.add_(1); 1 / 0 (with _2)\n"
    assert talk("x") == "tensor([0., 0.])\n"


def test_each_line_of_a_paste_stands_for_itself() -> None:
    talk = fresh("x = zeros(1)")
    talk("x.add_(1)\nx.add_(1); y = 2\nx.add_(1); z = 3; 1 / 0\nx.add_(1)", typed=False)
    assert talk("x, y") == "(tensor([2.]), 2)\n"
    assert "NameError" in talk("z")
    assert talk.repl.kept == ["x = zeros(1)", "x.add_(1)", "x.add_(1);", "y = 2", "x, y"]
    assert talk(":undo").startswith("undone: x.add_(1) …")
    assert talk("x") == "tensor([0.])\n"
    assert talk.repl.kept == ["x = zeros(1)", "x"]


def test_a_program_that_fails_stays_where_it_has_come_to(tmp_path: Any) -> None:
    path = tmp_path / "a.tcalc"
    path.write_text("x = 1\ny = 2; 1 / 0\n")
    talk = fresh()
    assert "ZeroDivisionError" in talk(f":load {path}")
    assert talk("x, y") == "(1, 2)\n"
    talk(":undo")
    assert "NameError" in talk("x")


def test_looks_are_taken_back_with_the_line_before() -> None:
    talk = fresh("x = zeros(1)", "x.add_(1);", "x", "x + 1")
    assert talk(":undo") == "undone: x.add_(1); (with _1 to _2)\n"
    assert talk("x") == "tensor([0.])\n"
    assert talk.session.count == 1


def test_what_is_too_large_is_said_to_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writes, "MOST", 4000)
    talk = fresh("x = zeros(1001); y = zeros(10)")
    said = talk("x.add_(1); y.add_(1); 1 / 0")
    assert said.endswith(
        "  = note: what it wrote into 3.91 KiB of memory stays, which is too much to keep\n"
    )
    assert talk("x[0], y[0]") == "(tensor(1.), tensor(0.))\n"
    assert "ZeroDivisionError" in talk("x[3] = 5.; x[4:9].add_(1); 1 / 0")  # small parts are kept
    assert talk("x[3:5]") == "tensor([1., 1.])\n"
    talk("x.add_(1);")
    assert "without what it wrote into memory" in talk(":undo")


def test_what_holds_much_memory_cannot_be_undone_forever(monkeypatch: pytest.MonkeyPatch) -> None:
    from tcalc.prompt.undo import timeline

    monkeypatch.setattr(timeline, "MOST_BYTES", 100_000)
    talk = fresh("x = zeros(10_000)", "x = zeros(10_000)", "x = zeros(10_000)", "x = zeros(10_000)")
    assert [talk(":undo")[:6] for _ in range(3)] == ["undone", "undone", "there "]


def test_large_values_beside_it_do_not_cost_a_line_its_undo(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from tcalc.prompt.undo import timeline

    monkeypatch.setattr(timeline, "MOST_BYTES", 100_000)
    talk = fresh("large = zeros(1_000_000)", "held = [large]", "x = 1", "x = 2")
    assert talk(":undo") == "undone: x = 2\n"
    assert talk("x, len(held)") == "(1, 1)\n"


def test_what_a_program_compares_by_is_not_asked() -> None:
    talk = fresh()
    talk(
        "class K:\n    def __hash__(self):\n        return 1\n"
        "    def __eq__(self, other):\n        raise ValueError('asked')\n"
    )
    talk("s = {K()}; d = {K(): 1}; n = [K()]")
    assert "asked" not in talk("n.append(2); 1 / 0")
    assert talk("len(n), len(s), len(d)") == "(1, 1, 1)\n"
    assert "asked" not in talk("s.clear(); d.clear(); n.clear(); 1 / 0")
    assert talk("len(n), len(s), len(d)") == "(1, 1, 1)\n"


def test_undo_and_redo_say_where_there_is_nothing() -> None:
    talk = fresh("1 + 1")
    assert talk(":undo") == "there is nothing to undo\n"
    assert talk(":redo") == "there is nothing to redo\n"
    talk("x = 1")
    talk(":undo")
    talk("y = 1")
    assert talk(":redo") == "there is nothing to redo\n"  # another way was taken
    talk(":reset")
    assert "NameError" in talk("y")
    talk(":undo")
    assert talk("y") == "1\n"


def test_a_generator_that_a_failed_line_brings_about_begins_anew() -> None:
    talk = fresh()
    talk("a = randn(3); 1 / 0")
    talk("a = randn(3)")
    talk(":undo")
    talk("b = randn(3)")
    before = talk("b")
    talk(":undo")
    assert talk("randn(3)") == before


def test_history_lists_what_was_entered() -> None:
    talk = fresh("x = 1", "1 / 0", "if x:\n    y = 2\n", ":vars")
    assert talk(":history") == ("   1   x = 1\n   1 × 1 / 0\n   1   if x:\n           y = 2\n")
    assert talk(":history 1") == "   1   if x:\n           y = 2\n"
    talk.repl.earlier = lambda: ["x = 1", "x = 7", "y = 8", "x = 7"]
    assert talk(":history x = ") == "       x = 7\n   1   x = 1\n"
    assert talk(":history y*8") == "       y = 8\n"
    assert talk(":history zz") == "nothing matches 'zz'\n"
