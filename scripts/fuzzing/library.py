"""Programs that call what lies around tensors with arguments that nobody should trust.

A program is about one name: it calls it, and what it made, and the methods of that, a statement
for each call, with plain arguments but for one or two.
"""

from __future__ import annotations

import inspect
import random
from functools import cache
from typing import Any

from tcalc.runtime.base.registry import NAMES, lookup

SETUP = """\
class Liar:
    n = 0
    def _next(self):
        Liar.n += 1
        return (3, -(1 << 62), 1 << 62, 0, -1)[Liar.n % 5]
    def __index__(self): return self._next()
    def __int__(self): return self._next()
    def __float__(self): return float(self._next())
    def __len__(self): return 1 << 40
    def __getitem__(self, i): return self
    def __bool__(self): return True
    def __call__(self, *a, **k): return self
    def __lt__(self, o): return True
    def __gt__(self, o): return True
    def __eq__(self, o): return True
    def __hash__(self): return 1
    def __add__(self, o): return self
    def __radd__(self, o): return self
    def __mul__(self, o): return self
    def __getattr__(self, n): return self
class Short:
    def __len__(self): return 5
    def __getitem__(self, i):
        if i > 1: raise IndexError('no more')
        return torch.ones(2)
    def __iter__(self): return iter([3, 'a'])
class Wrong:
    def __len__(self): return -1
    def __iter__(self): return 7
    def __next__(self): return None
    def __getitem__(self, i): raise KeyError(i)
    def __repr__(self): return 5
    def __hash__(self): return 'a'
class Endless:
    def __iter__(self): return self
    def __next__(self): return 1
def fails(*a, **k): raise ValueError('mine')
def echo(*a, **k): return a
ring = []; ring.append(ring)
loop = {}; loop['a'] = loop
turn = nn.Sequential(nn.Linear(3, 3))
turn.add_module('self', turn)
lin = nn.Linear(3, 3)
x = torch.ones(3, 3)
p = nn.Parameter(torch.ones(3))
opt = torch.optim.SGD([p], lr=0.1)
data = torch.utils.data.TensorDataset(torch.arange(6.).reshape(6, 1))
"""
HOSTILE = [
    "None", "True", "'a'", "''", "'.'", "'__class__'", "'weight'", "'a.b'", "bytes([97])", "2.5", "2j", "nan", "inf", "-inf", "0", "-1", "7", "1 << 31",
    "1 << 62", "-(1 << 63)", "1 << 64", "10 ** 400", "[]", "()", "[None]", "[1, 'a']", "[[1], [2, 3]]", "[1 << 62] * 3",
    "(-1, -1)", "(0,) * 70", "range(3)", "{}", "{'a': 1}", "{1: None}", "set()", "Liar()", "[Liar()]", "Short()", "Wrong()",
    "Endless()", "Liar", "print", "echo", "fails", "lambda: None", "lambda *a: torch.ones(2)", "object()", "slice(0, 2)", "...", "ring", "loop",
    "turn", "lin", "x", "p", "opt", "data", "torch.ones(2, 3, dtype=bool)", "torch.zeros(0, 2)", "torch.zeros(3, device='meta')",
    "torch.tensor([1 << 62, -1])", "torch.tensor(2)", "torch.ones(2, 2) * 1j", "torch.ones([1] * 30)", "torch.ones(2).half()",
    "np.ones(3)", "np.int8(3)", "(i for i in [1])", "torch.float16", "torch.device('meta')", "torch.device('cuda')", "nn", "torch.optim.SGD",
    "torch.Size([2])", "iter([])", "type", "int", "ValueError()", "opt.param_groups", "opt.state", "lin._modules", "lin._parameters",
    "lin.state_dict()", "iter(data)", "torch.Generator()", "nn.Module", "torch.utils.data.Dataset()", "torch.finfo(torch.float32)",
]  # fmt: skip
# What a parameter of a name takes, as far as the name tells.
PLAIN = {
    "params": "[p]", "parameters": "[p]", "optimizer": "opt", "module": "nn.Linear(3, 3)", "model": "nn.Linear(3, 3)", "lr": "0.1",
    "dataset": "data", "data_source": "data", "sampler": "[[0, 1], [2]]", "batch_size": "2", "drop_last": "False",
    "fn": "lambda *a: a[0] * 1", "function": "lambda *a: a[0] * 1", "hook": "lambda *a: None", "lr_lambda": "lambda e: 1.",
    "closure": "lambda: (p * p).sum()", "name": "'weight'", "tensor_name": "'weight'", "hidden_size": "3", "input_size": "3",
    "num_embeddings": "4", "embedding_dim": "3", "kernel_size": "2", "p": "0.5", "dim": "0", "shape": "(3,)", "normalized_shape": "3",
    "num_groups": "1", "num_channels": "3", "num_features": "3", "d_model": "4", "nhead": "2", "embed_dim": "4", "num_heads": "2",
    "milestones": "[1, 2]", "schedulers": "[torch.optim.lr_scheduler.StepLR(opt, 1)]", "prefix": "''", "destination": "{}",
    "state_dict": "{}", "tensor": "torch.ones(3, 3)", "input": "torch.ones(3, 3)", "target": "torch.ones(3, 3)", "dtype": "torch.float32",
    "device_type": "'cpu'", "device": "'cpu'", "modules": "[lin]", "outputs": "(p * p).sum()", "inputs": "p", "tensors": "[x, x]",
    "lengths": "[2, 1, 3]", "batch": "[x, x]", "lambd": "lambda x: x", "mode": "True", "size": "3", "output_size": "2",
    "gamma": "0.5", "step_size": "2", "T_max": "5", "T_0": "2", "max_lr": "0.2", "base_lr": "0.1", "total_steps": "9",
    "cutoffs": "[2]", "n_classes": "5", "encoder_layer": "nn.TransformerEncoderLayer(4, 2)", "num_layers": "1", "unflattened_size": "(3, 1)",
    "parametrization": "nn.Identity()", "fns": "[lin]", "run_function": "lambda a: a * 2", "functions": "[lin]", "segments": "1",
    "padding": "1", "upscale_factor": "1", "groups": "1", "in_channels": "3", "out_channels": "3", "in_features": "3", "out_features": "3",
}  # fmt: skip
# Where the names lie that such programs are about.
AROUND = ("torch.nn.", "torch.optim.", "torch.utils.", "torch.autograd.", "torch.amp.", "torch.backends.",
          "torch.cuda.", "torch.jit.", "torch.func.", "torch.testing.", "torch.mps.", "torch.accelerator.",
          "torch.compiler.", "torch.distributed.", "torch.random.", "torch.overrides.", "torch.version.", "torch.get_",
          "torch.set_", "torch.save", "torch.load")  # fmt: skip


@cache
def about() -> tuple[str, ...]:
    """The names to try: what no op stands for, each thing under one of its names."""
    found: dict[int, str] = {}
    for name, home in sorted(NAMES.items()):
        if name.startswith(AROUND) and not (".runtime.ops." in home or "._" in name):
            found.setdefault(id(lookup(name)), name)
    return tuple(found.values())


def program(name: str, seed: int, calls: int = 12) -> str:
    """The program of a name and a seed, which is always the same."""
    chance = random.Random(f"{name} {seed}")
    found = lookup(name)
    lines = [SETUP]
    lines += [f"made = {name}{_arguments(found, chance, 0)}"]
    for _ in range(calls):
        lines.append(f"made = {name}{_arguments(found, chance, chance.choice((1, 1, 1, 2, 3)))}")
        if isinstance(found, type):
            lines.append(f"made{_called(chance)}")
            lines += [line for _ in range(3) if (line := _method(found, chance))]
            lines.append(chance.choice(_USES))
    return "\n".join(lines)


_USES = [
    "str(made)", "len(made)", "for item, _ in zip(made, range(3)): item", "made[0]", "made[-1]", "made == made",
"made.a = Liar()", "made.weight = None", "del made.weight", "import copy; copy.deepcopy(made)",
    "list(zip(made.parameters(), range(9)))", "made.state_dict()", "with made: x * 2", "vars(made)", "dir(made)", "hash(made)",
    "nn.functional.relu(made)", "torch.stack([made, made])", "made.x", "made + made", "iter(made)", "bool(made)",
    "import copy; copy.copy(made)", "made.training = Liar()", "made._parameters['weight'] = 5", "made._modules['0'] = Liar()",
    "made.state[p] = Liar()", "made.param_groups.append(Liar())", "made.param_groups[0]['params'] = [5]", "made.param_groups[0].clear()",
    "made.state.clear()", "made.param_groups = None", "made.__dict__['a'] = 1", "made.defaults['lr'] = Liar()", "made[0] = Liar()",
    "made.param_groups[0]['lr'] = 'a'", "made.state[p] = {'step': 'a', 'momentum_buffer': 7, 'exp_avg': Liar()}", "p.grad = torch.ones(3)", "made.step()",
]  # fmt: skip


def _method(kind: type, chance: random.Random) -> str:
    shown = sorted({n for b in kind.__mro__ for n in b.__dict__.get("_public_", ())})
    if not shown:
        return ""
    name = chance.choice(shown)
    found = inspect.getattr_static(kind, name, None)
    if isinstance(found, classmethod | staticmethod):
        found = found.__func__
    if not callable(found):
        if found is not None and chance.random() < 0.4:
            return f"made.{name} = {chance.choice(HOSTILE)}"
        return f"made.{name}"
    return f"made.{name}{_arguments(found, chance, chance.choice((0, 1, 1, 2)))}"


def _called(chance: random.Random) -> str:
    shapes = ("3", "3, 3", "2, 3, 3", "1, 3, 4, 4", "1, 3, 4, 4, 4", "2, 4, 4", "0, 3", "")
    if chance.random() < 0.4:
        return (
            f"({', '.join(chance.choice(HOSTILE) for _ in range(chance.choice((0, 1, 1, 2, 3))))})"
        )
    count = chance.choice((1, 1, 1, 2, 2, 3))
    kinds = ("torch.randn", "torch.randn", "torch.randn", "torch.ones", "torch.zeros")
    given = [
        f"{chance.choice(kinds)}(({chance.choice(shapes)},))".replace("((,))", "(())")
        for _ in range(count)
    ]
    if chance.random() < 0.3:
        given[chance.randrange(count)] += chance.choice(
            (
                ".long()",
                ".half()",
                ".bool()",
                ".to('meta')",
                ".requires_grad_()",
                ".to(torch.complex64)",
            )
        )
    return f"({', '.join(given)})"


def _arguments(found: Any, chance: random.Random, hostile: int) -> str:
    try:
        params = list(inspect.signature(found).parameters.values())
    except (TypeError, ValueError):
        return f"({', '.join(chance.choice(HOSTILE) for _ in range(hostile))})"
    params = [p for p in params if p.name not in ("self", "cls")]
    given: dict[str, str] = {}
    stars: list[str] = []
    for p in params:
        if p.kind is p.VAR_POSITIONAL:
            stars = ["x"] * chance.randrange(3)
        elif p.default is p.empty and p.kind is not p.VAR_KEYWORD:
            given[p.name] = PLAIN.get(p.name, chance.choice(("1", "2", "x", "lin", "0.5")))
    for _ in range(hostile):
        if params:
            p = chance.choice(params)
            value = chance.choice(HOSTILE)
            if p.kind is p.VAR_POSITIONAL:
                stars.append(value)
            elif p.kind is p.VAR_KEYWORD:
                given[chance.choice(("lr", "a", "dim", "out", "dtype"))] = value
            else:
                given[p.name] = value
    order = [
        p
        for p in params
        if p.name in given and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    parts = []
    if stars:
        parts = [given.pop(p.name) for p in order] + stars
    else:
        for p in order:
            if p.kind is p.POSITIONAL_ONLY:
                parts.append(given.pop(p.name))
    parts += [f"{k}={v}" for k, v in given.items() if k.isidentifier()]
    return f"({', '.join(parts)})"
