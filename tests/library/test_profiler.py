"""torch.profiler by a clock of the tests' own: what is recorded, where, and that it changes nothing.

What its tables look like is compared with PyTorch's in tests/recorded/cases/profiler_*.txt.
"""

from __future__ import annotations

import gzip
import json
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tcalc.errors import FileProblem, StateError, ValueProblem
from tcalc.library.profiler.profiler import profile
from tcalc.library.profiler.recording import PASS, Clock
from tcalc.runtime.base.modes import interpreters, mode
from tcalc.runtime.base.registry import lookup
from tcalc.runtime.lazy.expression import LARGE
from tcalc.session import Session
from tcalc.source import Source

STEP = 1000


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A microsecond passes at each look."""
    ticks = count(0, STEP)
    monkeypatch.setattr(Clock, "now", staticmethod(lambda: next(ticks)))


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    monkeypatch.chdir(tmp_path)
    made = Session()
    made.run(Source(
        "import torch, torch.nn as nn\n"
        "from torch.profiler import ProfilerActivity, profile, record_function, schedule\n"
        "x = torch.ones(2, 3)\n"
    ))  # fmt: skip
    return made


def recorded(session: Session, body: str, **how: object) -> list[Any]:
    """The events of a profile of some lines."""
    lines = "".join(f"    {line}\n" for line in body.split("\n"))
    session.run(Source(f"with profile({options(how)}) as prof:\n{lines}", "work.tcalc"))
    return list(session.variables["prof"].events())


def options(how: dict[str, object]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in how.items())


def named(events: list[Any]) -> list[tuple[str, str | None]]:
    return [(e.name, e.cpu_parent.name if e.cpu_parent else None) for e in events]


# -- what is recorded -----------------------------------------------------------------------------


def test_ops_stand_inside_those_that_call_them(session: Session) -> None:
    assert named(recorded(session, "torch.matmul(x, x.T)")) == [
        ("aten::permute", None),
        ("aten::matmul", None),
        ("aten::mm", "aten::matmul"),
    ]


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("x + x", "aten::add"), ("2 * x", "aten::mul"), ("x @ x.T", "aten::mm"), ("x[0]", "aten::select"),
        ("x[:, 1:]", "aten::slice"), ("x[torch.tensor([0])]", "aten::index"), ("x[0, 0] = 1", "aten::fill_"),
        ("x += 1", "aten::add_"), ("x.mul_(2)", "aten::mul_"), ("x.fill_(3)", "aten::fill_"),
        ("x.uniform_()", "aten::uniform_"), ("torch.cat([x, x])", "aten::cat"), ("torch.rand(3)", "aten::rand"),
        ("x.double()", "aten::_to_copy"), ("x.view(3, 2)", "aten::view"), ("torch.linalg.norm(x)", "aten::linalg_norm"),
        ("torch.max(x, 1)", "aten::max"), ("torch.where(x > 0, x, 0)", "aten::where"), ("x.clone()", "aten::clone"),
        ("x.copy_(x + 1)", "aten::copy_"), ("nn.functional.softmax(x, 1)", "aten::softmax"), ("-x", "aten::neg"),
        ("torch.zeros(2)", "aten::zeros"), ("x.sum()", "aten::sum"), ("torch.add(x, 1, out=x)", "aten::add"),
        ("torch.vmap(torch.sin)(x)", "aten::sin"), ("nn.functional.linear(x, x)", "aten::linear"),
        ("nn.functional.relu(x, inplace=True)", "aten::relu_"),
    ],
)  # fmt: skip
def test_every_way_to_call_an_op(session: Session, source: str, name: str) -> None:
    assert name in [e.name for e in recorded(session, source)]


def test_an_op_is_one_with_the_kernel_of_its_name(session: Session) -> None:
    session.run(Source("norm = nn.BatchNorm1d(3)"))
    events = recorded(session, "norm(x)", profile_memory=True)
    (whole,) = [e for e in events if e.name == "aten::batch_norm"]
    inside = [e for e in events if e.cpu_parent is whole]
    assert whole.cpu_children == inside != []
    assert whole.self_cpu_memory_usage > 0


def test_functions_of_python_alone_are_not_ops(session: Session) -> None:
    events = recorded(
        session, "x.size()\nx.requires_grad_()\ntorch.is_tensor(x)\ntorch.get_num_threads()"
    )
    assert events == []


def test_numbers_are_no_tensors(session: Session) -> None:
    assert recorded(session, "sqrt(2.0)\n1 + 1") == []


def test_a_pass_back_is_that_of_pytorchs_engine(session: Session) -> None:
    session.run(Source("w = torch.ones(2, 3, requires_grad=True)"))
    events = recorded(session, "(w * x).sum().backward()", record_shapes=True)
    engine = "autograd::engine::evaluate_function: "
    leaf = "torch::autograd::AccumulateGrad"
    assert named(events)[2:] == [
        (f"{engine}SumBackward0", None),
        ("SumBackward0", f"{engine}SumBackward0"),
        ("aten::expand", f"{engine}SumBackward0"),
        (f"{engine}MulBackward0", None),
        ("MulBackward0", f"{engine}MulBackward0"),
        ("aten::mul", "MulBackward0"),
        (f"{engine}{leaf}", None),
        (leaf, f"{engine}{leaf}"),
    ]
    assert [e.input_shapes for e in events if e.scope == 1] == [[[]], [[2, 3]], [[2, 3]]]
    by_name = {e.name: e for e in events}
    assert by_name["aten::mul"].input_shapes == [[2, 3], [2, 3]]
    assert [e.sequence_nr for e in events if e.name == "MulBackward0"] == [events[0].sequence_nr]


def test_a_broadcast_gradient_is_summed_within_its_nodes_turn(session: Session) -> None:
    session.run(Source("b = torch.ones(3, requires_grad=True)"))
    events = recorded(session, "(x + b).sum().backward()")
    parents = dict(named(events)[3:])
    assert parents["aten::sum_to_size"] == "autograd::engine::evaluate_function: AddBackward0"


def test_nodes_of_a_programs_own(session: Session) -> None:
    session.run(Source(
        "class Twice(torch.autograd.Function):\n"
        "    @staticmethod\n"
        "    def forward(ctx, x): return 2 * x\n"
        "    @staticmethod\n"
        "    def backward(ctx, g): return 2 * g\n"
        "w = torch.ones(3, requires_grad=True)\n"
    ))  # fmt: skip
    events = recorded(session, "Twice.apply(w).sum().backward()")
    assert "TwiceBackward" in [e.name for e in events]
    assert session.evaluate("w.grad").array.tolist() == [2, 2, 2]


def test_optimizers_and_loaders(session: Session) -> None:
    session.run(Source(
        "net = nn.Linear(3, 2)\nopt = torch.optim.SGD(net.parameters(), lr=0.1)\n"
        "data = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x), batch_size=2)\n"
    ))  # fmt: skip
    body = "for (batch,) in data:\n    opt.zero_grad()\n    net(batch).sum().backward()\n    opt.step()"
    events = recorded(session, body.replace("\n", "\n    "), record_shapes=True)
    assert [e.name for e in events if e.is_user_annotation] == [
        "enumerate(DataLoader)#_SingleProcessDataLoaderIter.__next__",
        "Optimizer.zero_grad#SGD.zero_grad",
        "Optimizer.step#SGD.step",
        "enumerate(DataLoader)#_SingleProcessDataLoaderIter.__next__",
    ]
    update = next(e for e in events if e.name == "tcalc::sgd_step")
    assert update.cpu_parent.name == "Optimizer.step#SGD.step"


def test_modules_are_numbered_within_their_class(session: Session) -> None:
    session.run(Source("net = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))"))
    events = recorded(session, "net(x)", with_modules=True)
    assert [n for n in named(events) if n[0].startswith("nn.")] == [
        ("nn.Module: Sequential_0", None),
        ("nn.Module: Linear_0", "nn.Module: Sequential_0"),
        ("nn.Module: ReLU_0", "nn.Module: Sequential_0"),
        ("nn.Module: Linear_1", "nn.Module: Sequential_0"),
    ]
    assert not [e for e in recorded(session, "net(x)") if e.name.startswith("nn.")]


def test_lines_of_the_program(session: Session) -> None:
    session.run(
        Source(
            "def double(t):\n    return t * w\nw = torch.ones(3, requires_grad=True)", "lib.tcalc"
        )
    )
    events = recorded(session, "y = double(x)\ny.sum().backward()", with_stack=True)
    at = {e.name: e.stack for e in reversed(events)}
    assert at["aten::sum"] == ["work.tcalc(3): <module>"]
    assert at["MulBackward0"] == ["lib.tcalc(2): double"]
    assert at["aten::mul"] == ["lib.tcalc(2): double", "work.tcalc(2): <module>"]
    shown = session.evaluate("prof.key_averages(group_by_stack_n=1).table()")
    assert "Source Location" in shown and "lib.tcalc(2): double" in shown


def test_memory_is_that_of_results(session: Session) -> None:
    body = "y = x.exp()\ny.view(3, 2)\ny.add_(1)\nz = torch.ones(5)\nw = x.double()"
    events = recorded(session, body, profile_memory=True)
    own = [(e.name, e.self_cpu_memory_usage) for e in events if e.self_cpu_memory_usage]
    assert own == [("aten::exp", 24), ("aten::ones", 20), ("aten::_to_copy", 48)]
    assert sum(e.self_cpu_memory_usage for e in events) == 24 + 20 + 48


# -- times ----------------------------------------------------------------------------------------


def test_times_are_the_clocks(session: Session) -> None:
    events = recorded(session, "with record_function('outer'):\n        x + x")
    outer, add = events
    assert (add.cpu_time_total, outer.cpu_time_total) == (1.0, 3.0)
    assert outer.self_cpu_time_total == 2.0
    assert outer.cpu_children == [add]
    table = session.evaluate("prof.key_averages().table(sort_by='self_cpu_time_total')")
    assert [line.split() for line in table.splitlines()[3:5]] == [
        ["outer", "66.67%", "2.000us", "100.00%", "3.000us", "3.000us", "1"],
        ["aten::add", "33.33%", "1.000us", "33.33%", "1.000us", "1.000us", "1"],
    ]
    assert table.endswith("Self CPU time total: 3.000us\n")


def test_steps_have_one_name_in_tables_and_their_own_in_traces(session: Session) -> None:
    session.run(Source(
        "with profile(schedule=schedule(wait=1, warmup=1, active=2)) as prof:\n"
        "    for i in range(4):\n"
        "        x + i\n"
        "        prof.step()\n"
    ))  # fmt: skip
    steps = [e for e in session.variables["prof"].events() if e.is_user_annotation]
    assert [(e.key, e.trace_name) for e in steps] == [
        ("ProfilerStep*", "ProfilerStep#2"),
        ("ProfilerStep*", "ProfilerStep#3"),
    ]


def test_what_is_open_at_the_end_ends_there(session: Session) -> None:
    session.run(
        Source("prof = profile()\nprof.start()\nr = record_function('left')\nr.__class__\n")
    )
    region = lookup("torch.profiler.record_function")("left")
    region.__enter__()
    session.run(Source("prof.stop()"))
    region.__exit__(None, None, None)
    (event,) = session.variables["prof"].events()
    assert event.cpu_time_total > 0


# -- what waits -----------------------------------------------------------------------------------


def test_large_work_waits_and_is_one_pass_where_it_is_computed(session: Session) -> None:
    session.run(Source(f"big = torch.ones({LARGE})"))
    events = recorded(session, "y = (big * 2 + 1).exp()\ny[0].item()", profile_memory=True)
    assert named(events) == [
        ("aten::mul", None), ("aten::add", None), ("aten::exp", None), (PASS, None),
        ("aten::select", None),
    ]  # fmt: skip
    assert [e.self_cpu_memory_usage for e in events] == [0, 0, 0, 4 * LARGE, 0]


def test_a_kernel_that_needs_what_waits_is_not_said_to_have_computed_it(session: Session) -> None:
    session.run(Source(f"big = torch.ones({LARGE // 256}, 256)"))
    events = recorded(session, "(big * 2) @ big.T[:, :2]")
    assert (PASS, "aten::matmul") in named(events)
    assert not [e for e in events if e.cpu_parent is not None and e.cpu_parent.name == "aten::mm"]


def test_a_plan_is_one_region(session: Session) -> None:
    session.run(Source("@torch.compile\ndef f(t): return (t * 2 + 1).relu()\nf(x)"))
    assert [e.name for e in recorded(session, "f(x)")] == ["Torch-Compiled Region: f"]


# -- it changes nothing ---------------------------------------------------------------------------

TRAINING = """
torch.manual_seed(0)
net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 3))
opt = torch.optim.Adam(net.parameters(), lr=0.01)
a, b = torch.randn(16, 4), torch.randint(0, 3, (16,))
losses = []
for step in range(5):
    opt.zero_grad()
    loss = nn.functional.cross_entropy(net(a), b)
    loss.backward()
    opt.step()
    losses.append(loss.item())
"""


def test_training_gives_the_same_numbers(session: Session) -> None:
    session.run(Source(TRAINING))
    before = session.evaluate("losses")
    inside = TRAINING.replace("\n", "\n    ")
    how = "record_shapes=True, with_stack=True, profile_memory=True, with_flops=True"
    session.run(Source(f"with profile({how}) as prof:\n    pass{inside}"))
    assert session.evaluate("losses") == before


@pytest.mark.parametrize("fails", [False, True])
def test_afterwards_all_is_as_before(session: Session, fails: bool) -> None:
    add = lookup("torch.add")
    before = dict(add.__globals__)
    body = "x + x\n    1 / 0" if fails else "x + x"
    source = Source(f"with profile(with_modules=True) as prof:\n    {body}")
    if fails:
        with pytest.raises(ZeroDivisionError):
            session.run(source)
    else:
        session.run(source)
    assert dict(add.__globals__) == before
    assert (mode.interpreter, interpreters.count) == (None, 0)
    assert not lookup("torch.nn.Module")._hooked


def test_a_function_made_meanwhile_closes_and_opens_with_the_others() -> None:
    op = lookup("torch.special.i0e").__op__
    vars(op).pop("function", None)
    x = lookup("torch.ones")(2)
    with profile() as prof:
        op.function(x)
    closed = op.function.__globals__["ndarray"]
    assert [e.name for e in prof.events()] == ["aten::special_i0e"]
    assert closed is lookup("torch.add").__globals__["ndarray"]


def test_one_profiler_at_a_time(session: Session) -> None:
    with pytest.raises(StateError, match="already enabled"):
        recorded(session, "profile().start()")
    assert mode.interpreter is None
    with pytest.raises(StateError, match="outside of what vmap or jit runs"):
        session.run(Source("torch.vmap(lambda t: profile().start())(x)"))
    assert interpreters.count == 0


# -- files ----------------------------------------------------------------------------------------


def test_a_trace_is_chromes(session: Session, tmp_path: Path) -> None:
    session.run(Source(
        "with profile(record_shapes=True, profile_memory=True, with_flops=True) as prof:\n"
        "    with record_function('mine'):\n"
        "        torch.mm(x, x.T)\n"
        "prof.add_metadata('run', 'first')\n"
        "prof.add_metadata_json('sizes', '[1, 2]')\n"
        "prof.export_chrome_trace('trace.json')\n"
        "prof.export_chrome_trace('trace.json.gz')\n"
    ))  # fmt: skip
    data = json.loads((tmp_path / "trace.json").read_text())
    packed = json.loads(gzip.decompress((tmp_path / "trace.json.gz").read_bytes()))
    assert packed == {**data, "traceName": "trace.json.gz"}
    assert (data["run"], data["sizes"], data["record_shapes"]) == ("first", [1, 2], 1)
    mine, turned, product = [e for e in data["traceEvents"] if e["ph"] == "X"]
    assert (mine["name"], mine["cat"], mine["args"]) == (
        "mine", "user_annotation", {"External id": 1, "Ev Idx": 0},
    )  # fmt: skip
    assert product["args"]["Input Dims"] == [[2, 3], [3, 2]]
    assert (product["args"]["Bytes"], product["args"]["flops"]) == (16, 24)
    assert mine["ts"] < turned["ts"] < product["ts"]
    assert product["ts"] + product["dur"] <= mine["ts"] + mine["dur"]
    assert mine["pid"] == product["pid"] and mine["tid"] == product["tid"]


def test_a_folder_for_tensorboard(session: Session, tmp_path: Path) -> None:
    session.run(Source(
        "ready = torch.profiler.tensorboard_trace_handler('runs/a', worker_name='w')\n"
        "with profile(schedule=schedule(wait=0, warmup=1, active=1), on_trace_ready=ready) as prof:\n"
        "    for i in range(4): prof.step()\n"
        "with profile(on_trace_ready=torch.profiler.tensorboard_trace_handler('runs/b', use_gzip=True)): x + x\n"
    ))  # fmt: skip
    first = sorted(path.name.split(".") for path in (tmp_path / "runs" / "a").iterdir())
    assert [(n[0], n[2:]) for n in first] == [("w", ["pt", "trace", "json"])] * 2
    (second,) = (tmp_path / "runs" / "b").iterdir()
    assert second.name.endswith(".pt.trace.json.gz") and "_" in second.name.split(".")[0]


@pytest.mark.parametrize(
    "name", ["../trace.json", ".trace.json", "trace.pt", "no/trace.json", "/etc/trace.json"]
)
def test_a_trace_goes_where_programs_may_write(session: Session, name: str) -> None:
    session.run(Source("with profile() as prof: x + x"))
    with pytest.raises(FileProblem):
        session.run(Source(f"prof.export_chrome_trace({name!r})"))


def test_stacks_for_flame_graphs(session: Session, tmp_path: Path) -> None:
    recorded(session, "x + x\nx * x", with_stack=True)
    session.run(Source("prof.export_stacks('stacks.txt', 'self_cpu_time_total')"))
    assert (tmp_path / "stacks.txt").read_text() == (
        "work.tcalc(2):_<module> 1\nwork.tcalc(3):_<module> 1\n"
    )


def test_metadata_is_json(session: Session) -> None:
    session.run(Source("prof = profile()"))
    with pytest.raises(ValueProblem, match="not JSON"):
        session.run(Source("prof.add_metadata_json('a', 'nothing')"))


# -- what programs see ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [
        "prof.profiler.recorded", "prof._metadata", "prof.events().__class__.__mro__", "prof.step_num = 3",
        "prof.events()[0].time_range.start = 0.", "prof.events()[0].__dict__", "torch.profiler.profile.events = 3",
        "record_function('a')._open", "prof.events()._memory",
    ],
)  # fmt: skip
def test_nothing_else_is_reached(session: Session, source: str) -> None:
    session.run(Source("with profile() as prof: x + x"))
    with pytest.raises((AttributeError, TypeError)):
        session.run(Source(source))


@pytest.mark.parametrize(
    "source",
    [
        "profile(schedule=3)", "profile(on_trace_ready=3)", "record_function(3)", "schedule(wait='1', warmup=1, active=1)",
        "prof.key_averages(group_by_stack_n='1')", "prof.add_metadata('a', 3)", "prof.export_chrome_trace(3)",
        "record_function('a')(3)", "profile(execution_trace_observer=3)", "events.append(3); events.table()",
        "F('1', 'x', 1, 0., 1.)", "F(1, 2, 1, 0., 1.)", "F(1, 'x', 1, '0', 1.)", "F(1, 'x', 1, 0., 1., stack=[3])",
        "F(1, 'x', 1, 0., 1., input_shapes=3)", "prof.events()[0].cpu_children.append(3); prof.events()[0].self_cpu_time_total",
    ],
)  # fmt: skip
def test_bad_arguments_are_errors_of_ours(session: Session, source: str) -> None:
    session.run(Source(
        "with profile() as prof: x + x\n"
        "from torch.autograd.profiler_util import EventList, FunctionEvent as F\n"
        "events = EventList([])\n"
    ))  # fmt: skip
    with pytest.raises((TypeError, AttributeError)):
        session.run(Source(source))
