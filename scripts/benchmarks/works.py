"""The works: a row each, with the same work as a short program for every peer that can do it.

A program is what it sets up, one turn, and a look at the result, by dialect. tcalc runs the text
written for PyTorch; so do their compilers, where it defines `f`.
"""

from __future__ import annotations

from typing import NamedTuple


class Text(NamedTuple):
    """A program: `look` reads from the result, so that nothing can be left undone."""

    setup: str
    turn: str
    look: str


class Work(NamedTuple):
    """A row of the table: a loop, timed by each program's own clock.

    goal: what tcalc is to reach. small: microseconds of work, so that the look comes once after
    many turns rather than after each. section: of the page.
    """

    key: str
    title: str
    goal: str
    texts: dict[str, Text]
    small: bool = False
    section: str = "Tensors"


class Memory(NamedTuple):
    """A row of the table: how far the memory of a process grows in some turns."""

    key: str
    title: str
    goal: str
    texts: dict[str, Text]
    section: str = "Peak of memory"


class Command(NamedTuple):
    """A row of the table: a whole command, from start to exit, with its text by peer.

    file: whether the texts are programs in files rather than arguments.
    """

    key: str
    title: str
    goal: str
    texts: dict[str, str]
    file: bool = False
    section: str = "Whole commands"


# What programs of a dialect begin with.
HEADS = {
    "torch": "import math\nimport torch\nimport torch.nn.functional as F\ntorch.manual_seed(0)\n",
    "jax": "import jax\nimport jax.numpy as jnp\nkey = jax.random.key(0)\n",
    "numpy": "import numpy as np\nrng = np.random.default_rng(0)\nf32 = np.float32\n",
    "numexpr": "import numexpr as ne\nimport numpy as np\n"
    "rng = np.random.default_rng(0)\nf32 = np.float32\n",
    "autograd": "import autograd.numpy as np\nfrom autograd import grad, value_and_grad\n"
    "from numpy.random import default_rng\nrng = default_rng(0)\nf32 = 'float32'\n",
    "mygrad": "import mygrad as mg\nimport numpy as np\n"
    "rng = np.random.default_rng(0)\nf32 = np.float32\n",
    "python": "",
    "octave": "1;\nrand('seed', 0);\nrandn('seed', 0);\n",
}

_NOTES = Work(
    "notes",
    "`y = x + 2; z = y*y*3; grad(z.mean(), x)`, 2×2",
    "≥ 3× faster than PyTorch; as a plan ≤ JAX jit",
    {
        "torch": Text(
            """
x = torch.ones(2, 2, requires_grad=True)
def f(x):
    y = x + 2
    z = y * y * 3
    return torch.autograd.grad(z.mean(), x)[0]
""",
            "g = f(x)",
            "g.tolist()",
        ),
        "jax": Text(
            """
x = jnp.ones((2, 2), jnp.float32)
def out(x):
    y = x + 2
    z = y * y * 3
    return z.mean()
f = jax.jit(jax.grad(out))
""",
            "g = f(x)",
            "g.block_until_ready()",
        ),
        "autograd": Text(
            """
x = np.ones((2, 2), dtype=f32)
def out(x):
    y = x + 2
    z = y * y * 3
    return np.mean(z)
f = grad(out)
""",
            "g = f(x)",
            "g.tolist()",
        ),
        "mygrad": Text(
            """
x = mg.tensor(np.ones((2, 2), f32))
def f(x):
    y = x + 2
    z = y * y * 3
    z.mean().backward()
    return x.grad
""",
            "g = f(x)",
            "g.tolist()",
        ),
    },
    small=True,
)

_MLP = Work(
    "mlp",
    "MLP training step 64×784→128→10, written out with `grad`",
    "≥ 1.2× faster than PyTorch; as a plan ≥ 1.5× faster than JAX jit",
    {
        "torch": Text(
            """
x, t = torch.randn(64, 784), torch.randint(0, 10, (64,))
w1 = (torch.randn(784, 128) * 0.05).requires_grad_()
b1 = torch.zeros(128, requires_grad=True)
w2 = (torch.randn(128, 10) * 0.05).requires_grad_()
b2 = torch.zeros(10, requires_grad=True)
def f(x, t, w1, b1, w2, b2):
    h = torch.relu(x @ w1 + b1)
    loss = F.cross_entropy(h @ w2 + b2, t)
    g1, g2, g3, g4 = torch.autograd.grad(loss, (w1, b1, w2, b2))
    with torch.no_grad():
        w1 -= 0.01 * g1
        b1 -= 0.01 * g2
        w2 -= 0.01 * g3
        b2 -= 0.01 * g4
    return loss
""",
            "loss = f(x, t, w1, b1, w2, b2)",
            "loss.item()",
        ),
        "jax": Text(
            """
keys = jax.random.split(key, 4)
x, t = jax.random.normal(keys[0], (64, 784)), jax.random.randint(keys[1], (64,), 0, 10)
p = [jax.random.normal(keys[2], (784, 128)) * 0.05, jnp.zeros(128),
     jax.random.normal(keys[3], (128, 10)) * 0.05, jnp.zeros(10)]
def loss_of(p, x, t):
    h = jax.nn.relu(x @ p[0] + p[1])
    logp = jax.nn.log_softmax(h @ p[2] + p[3])
    return -jnp.take_along_axis(logp, t[:, None], 1).mean()
def step(p, x, t):
    loss, g = jax.value_and_grad(loss_of)(p, x, t)
    return loss, [a - 0.01 * b for a, b in zip(p, g)]
f = jax.jit(step, donate_argnums=0)
""",
            "loss, p = f(p, x, t)",
            "loss.block_until_ready(); p[0].block_until_ready()",
        ),
        "autograd": Text(
            """
x, t = rng.standard_normal((64, 784), f32), rng.integers(0, 10, 64)
p = [rng.standard_normal((784, 128), f32) / 20, np.zeros(128, dtype=f32),
     rng.standard_normal((128, 10), f32) / 20, np.zeros(10, dtype=f32)]
rows = np.arange(64)
def loss_of(p):
    h = np.maximum(np.dot(x, p[0]) + p[1], 0)
    z = np.dot(h, p[2]) + p[3]
    z = z - np.max(z, axis=1, keepdims=True)
    return np.mean(np.log(np.sum(np.exp(z), axis=1)) - z[rows, t])
step = value_and_grad(loss_of)
def f():
    loss, g = step(p)
    for a, b in zip(p, g):
        a -= 0.01 * b
    return loss
""",
            "loss = f()",
            "float(loss)",
        ),
        "mygrad": Text(
            """
from mygrad.nnet.losses import softmax_crossentropy
from mygrad.nnet.activations import relu
x, t = rng.standard_normal((64, 784), f32), rng.integers(0, 10, 64)
p = [mg.tensor(rng.standard_normal((784, 128), f32) / 20), mg.tensor(np.zeros(128, f32)),
     mg.tensor(rng.standard_normal((128, 10), f32) / 20), mg.tensor(np.zeros(10, f32))]
def f():
    h = relu(mg.matmul(x, p[0]) + p[1])
    loss = softmax_crossentropy(mg.matmul(h, p[2]) + p[3], t)
    loss.backward()
    for a in p:
        a.data -= 0.01 * a.grad
    return loss
""",
            "loss = f()",
            "loss.item()",
        ),
    },
)

_BELL = Work(
    "bell",
    "`(exp(-x*x/2)/sqrt(2*pi)).sum()`, 10 M",
    "≥ 15× faster than PyTorch; as a plan ≥ 1.2× faster than JAX jit",
    {
        "torch": Text(
            """
x = torch.randn(10_000_000)
def f(x):
    return (torch.exp(-x * x / 2) / math.sqrt(2 * math.pi)).sum()
""",
            "r = f(x)",
            "r.item()",
        ),
        "jax": Text(
            """
x = jax.random.normal(key, (10_000_000,))
f = jax.jit(lambda x: (jnp.exp(-x * x / 2) / jnp.sqrt(2 * jnp.pi)).sum())
""",
            "r = f(x)",
            "r.item()",
        ),
        "numpy": Text(
            "x = rng.standard_normal(10_000_000, f32)\n",
            "r = (np.exp(-x * x / 2) / f32(np.sqrt(2 * np.pi))).sum()",
            "r.item()",
        ),
        "numexpr": Text(
            "x = rng.standard_normal(10_000_000, f32)\nc = f32(np.sqrt(2 * np.pi))\n",
            "r = ne.evaluate('exp(-x * x / 2) / c').sum()",
            "r.item()",
        ),
        "octave": Text(
            "x = randn(10000000, 1, 'single');\n",
            "r = sum(exp(-x .* x / 2) / sqrt(2 * pi));",
            "double(r);",
        ),
    },
)

_DESCENT = Work(
    "descent",
    "the same with its gradient and `x -= 0.001*g`",
    "≥ 12× faster than PyTorch; as a plan ≥ 1.5× faster than JAX jit",
    {
        "torch": Text(
            """
x = torch.randn(10_000_000, requires_grad=True)
def f(x):
    out = (torch.exp(-x * x / 2) / math.sqrt(2 * math.pi)).sum()
    g = torch.autograd.grad(out, x)[0]
    with torch.no_grad():
        x -= 0.001 * g
    return out
""",
            "r = f(x)",
            "r.item(); x[0].item()",
        ),
        "jax": Text(
            """
x = jax.random.normal(key, (10_000_000,))
def out(x):
    return (jnp.exp(-x * x / 2) / jnp.sqrt(2 * jnp.pi)).sum()
def step(x):
    r, g = jax.value_and_grad(out)(x)
    return r, x - 0.001 * g
f = jax.jit(step, donate_argnums=0)
""",
            "r, x = f(x)",
            "r.item(); x.block_until_ready()",
        ),
        "autograd": Text(
            """
x = rng.standard_normal(10_000_000, f32)
c = np.sqrt(2 * np.pi).astype(f32)
step = value_and_grad(lambda x: np.sum(np.exp(-x * x / 2) / c))
def f():
    global x
    r, g = step(x)
    x -= 0.001 * g
    return r
""",
            "r = f()",
            "float(r)",
        ),
        "mygrad": Text(
            """
x = mg.tensor(rng.standard_normal(10_000_000, f32))
c = f32(np.sqrt(2 * np.pi))
def f():
    r = (mg.exp(-x * x / f32(2)) / c).sum()
    r.backward()
    x.data -= 0.001 * x.grad
    return r
""",
            "r = f()",
            "r.item()",
        ),
    },
)

_MIXED = Work(
    "mixed",
    "`tanh(x)*y + sigmoid(x-y)*log(x)`, 10 M, result kept",
    "≥ 8× faster than PyTorch; as a plan ≥ 1.5× faster than JAX jit",
    {
        "torch": Text(
            """
x, y = torch.rand(10_000_000) + 0.5, torch.rand(10_000_000)
def f(x, y):
    return torch.tanh(x) * y + torch.sigmoid(x - y) * torch.log(x)
""",
            "r = f(x, y)",
            "r[0].item()",
        ),
        "jax": Text(
            """
a, b = jax.random.split(key)
x, y = jax.random.uniform(a, (10_000_000,)) + 0.5, jax.random.uniform(b, (10_000_000,))
f = jax.jit(lambda x, y: jnp.tanh(x) * y + jax.nn.sigmoid(x - y) * jnp.log(x))
""",
            "r = f(x, y)",
            "r.block_until_ready()",
        ),
        "numpy": Text(
            "x, y = rng.random(10_000_000, f32) + f32(0.5), rng.random(10_000_000, f32)\n",
            "r = np.tanh(x) * y + 1 / (1 + np.exp(y - x)) * np.log(x)",
            "r[0].item()",
        ),
        "numexpr": Text(
            "x, y = rng.random(10_000_000, f32) + f32(0.5), rng.random(10_000_000, f32)\n",
            "r = ne.evaluate('tanh(x) * y + 1 / (1 + exp(y - x)) * log(x)')",
            "r[0].item()",
        ),
        "octave": Text(
            "x = rand(10000000, 1, 'single') + 0.5; y = rand(10000000, 1, 'single');\n",
            "r = tanh(x) .* y + 1 ./ (1 + exp(y - x)) .* log(x);",
            "r(1);",
        ),
    },
)

_ENTROPY = Work(
    "entropy",
    "softmax cross-entropy 4096×1000 with gradient and update",
    "≤ PyTorch",
    {
        "torch": Text(
            """
x, t = torch.randn(4096, 1000, requires_grad=True), torch.randint(0, 1000, (4096,))
def f(x, t):
    loss = F.cross_entropy(x, t)
    g = torch.autograd.grad(loss, x)[0]
    with torch.no_grad():
        x -= 0.1 * g
    return loss
""",
            "r = f(x, t)",
            "r.item(); x[0, 0].item()",
        ),
        "jax": Text(
            """
x, t = jax.random.normal(key, (4096, 1000)), jax.random.randint(key, (4096,), 0, 1000)
def out(x, t):
    return -jnp.take_along_axis(jax.nn.log_softmax(x), t[:, None], 1).mean()
def step(x, t):
    r, g = jax.value_and_grad(out)(x, t)
    return r, x - 0.1 * g
f = jax.jit(step, donate_argnums=0)
""",
            "r, x = f(x, t)",
            "r.item(); x.block_until_ready()",
        ),
        "autograd": Text(
            """
x, t = rng.standard_normal((4096, 1000), f32), rng.integers(0, 1000, 4096)
rows = np.arange(4096)
def out(x):
    z = x - np.max(x, axis=1, keepdims=True)
    return np.mean(np.log(np.sum(np.exp(z), axis=1)) - z[rows, t])
step = value_and_grad(out)
def f():
    global x
    r, g = step(x)
    x -= 0.1 * g
    return r
""",
            "r = f()",
            "float(r)",
        ),
        "mygrad": Text(
            """
from mygrad.nnet.losses import softmax_crossentropy
x, t = mg.tensor(rng.standard_normal((4096, 1000), f32)), rng.integers(0, 1000, 4096)
def f():
    r = softmax_crossentropy(x, t)
    r.backward()
    x.data -= 0.1 * x.grad
    return r
""",
            "r = f()",
            "r.item()",
        ),
    },
)

_CONV = Work(
    "conv",
    "conv2d 8×16×64×64, 32 filters 3×3, with gradient",
    "≥ 1.2× faster than PyTorch",
    {
        "torch": Text(
            """
x = torch.randn(8, 16, 64, 64, requires_grad=True)
w = torch.randn(32, 16, 3, 3, requires_grad=True)
def f(x, w):
    y = F.conv2d(x, w, padding=1)
    return torch.autograd.grad((y * y).mean(), (x, w))
""",
            "gx, gw = f(x, w)",
            "gx[0, 0, 0, 0].item(); gw[0, 0, 0, 0].item()",
        ),
        "jax": Text(
            """
a, b = jax.random.split(key)
x, w = jax.random.normal(a, (8, 16, 64, 64)), jax.random.normal(b, (32, 16, 3, 3))
def out(x, w):
    y = jax.lax.conv(x, w, (1, 1), "SAME")
    return (y * y).mean()
f = jax.jit(jax.grad(out, (0, 1)))
""",
            "gx, gw = f(x, w)",
            "gx.block_until_ready(); gw.block_until_ready()",
        ),
        "mygrad": Text(
            """
from mygrad.nnet.layers import conv_nd
x = mg.tensor(rng.standard_normal((8, 16, 64, 64), f32))
w = mg.tensor(rng.standard_normal((32, 16, 3, 3), f32))
def f():
    y = conv_nd(x, w, stride=1, padding=1)
    (y * y).mean().backward()
    return x.grad, w.grad
""",
            "gx, gw = f()",
            "gx[0, 0, 0, 0].item(); gw[0, 0, 0, 0].item()",
        ),
    },
)

_MATMUL = Work(
    "matmul",
    "matmul 1024",
    "≤ PyTorch and JAX jit within 5 %",
    {
        "torch": Text(
            """
x, y = torch.randn(1024, 1024), torch.randn(1024, 1024)
def f(x, y):
    return x @ y
""",
            "r = f(x, y)",
            "r[0, 0].item()",
        ),
        "jax": Text(
            """
a, b = jax.random.split(key)
x, y = jax.random.normal(a, (1024, 1024)), jax.random.normal(b, (1024, 1024))
f = jax.jit(lambda x, y: x @ y)
""",
            "r = f(x, y)",
            "r.block_until_ready()",
        ),
        "numpy": Text(
            "x, y = rng.standard_normal((2, 1024, 1024), f32)\n", "r = x @ y", "r[0, 0].item()"
        ),
        "octave": Text(
            "x = randn(1024, 'single'); y = randn(1024, 'single');\n", "r = x * y;", "r(1);"
        ),
    },
)

_REDUCTIONS = Work(
    "reductions",
    "sum(0), mean(1), max, norm, std, argmax of 1000×10000",
    "≤ PyTorch",
    {
        "torch": Text(
            """
x = torch.randn(1000, 10000)
def f(x):
    return x.sum(0), x.mean(1), x.max(), x.norm(), x.std(), x.argmax()
""",
            "a, b, c, d, e, i = f(x)",
            "a[0].item(); b[0].item(); c.item(); d.item(); e.item(); i.item()",
        ),
        "jax": Text(
            """
x = jax.random.normal(key, (1000, 10000))
f = jax.jit(lambda x: (x.sum(0), x.mean(1), x.max(), jnp.linalg.norm(x), x.std(ddof=1),
                       x.argmax()))
""",
            "r = f(x)",
            "jax.block_until_ready(r)",
        ),
        "numpy": Text(
            "x = rng.standard_normal((1000, 10000), f32)\n",
            "r = x.sum(0), x.mean(1), x.max(), np.linalg.norm(x), x.std(ddof=1), x.argmax()",
            "r[0][0].item()",
        ),
        "octave": Text(
            "x = randn(1000, 10000, 'single');\n",
            "a = sum(x, 1); b = mean(x, 2); c = max(x(:)); d = norm(x(:)); e = std(x(:)); "
            "[m, i] = max(x(:));",
            "i(1);",
        ),
    },
)

_SORT = Work(
    "sort",
    "sort with indices and cumsum, 1 M",
    "≤ PyTorch",
    {
        "torch": Text(
            """
x = torch.randn(1_000_000)
def f(x):
    v, i = torch.sort(x)
    return v, i, torch.cumsum(x, 0)
""",
            "v, i, c = f(x)",
            "v[0].item(); i[0].item(); c[-1].item()",
        ),
        "jax": Text(
            """
x = jax.random.normal(key, (1_000_000,))
def sort(x):
    v, i = jax.lax.sort((x, jnp.arange(len(x))), num_keys=1)
    return v, i, jnp.cumsum(x)
f = jax.jit(sort)
""",
            "r = f(x)",
            "jax.block_until_ready(r)",
        ),
        "numpy": Text(
            """
x = rng.standard_normal(1_000_000, f32)
def f(x):
    i = np.argsort(x)
    return x[i], i, np.cumsum(x)
""",
            "v, i, c = f(x)",
            "v[0].item(); i[0].item(); c[-1].item()",
        ),
        "octave": Text(
            "x = randn(1000000, 1, 'single');\n", "[v, i] = sort(x); c = cumsum(x);", "c(1);"
        ),
    },
)

_EINSUM = Work(
    "einsum",
    "einsum `bij,bjk,bkl->il` and bmm, 32×64×64",
    "≥ 1.1× faster than PyTorch",
    {
        "torch": Text(
            """
x, y, z = torch.randn(32, 64, 64), torch.randn(32, 64, 64), torch.randn(32, 64, 64)
def f(x, y, z):
    return torch.einsum("bij,bjk,bkl->il", x, y, z), torch.bmm(x, y)
""",
            "r, s = f(x, y, z)",
            "r[0, 0].item(); s[0, 0, 0].item()",
        ),
        "jax": Text(
            """
x, y, z = jax.random.normal(key, (3, 32, 64, 64))
f = jax.jit(lambda x, y, z: (jnp.einsum("bij,bjk,bkl->il", x, y, z), x @ y))
""",
            "r = f(x, y, z)",
            "jax.block_until_ready(r)",
        ),
        "numpy": Text(
            "x, y, z = rng.standard_normal((3, 32, 64, 64), f32)\n",
            "r, s = np.einsum('bij,bjk,bkl->il', x, y, z, optimize=True), x @ y",
            "r[0, 0].item(); s[0, 0, 0].item()",
        ),
    },
)

_RANDOM = Work(
    "random",
    "rand 10 M and randn 1 M",
    "≤ 1.5× PyTorch, with PyTorch's own numbers",
    {
        "torch": Text(
            """
def f():
    return torch.rand(10_000_000), torch.randn(1_000_000)
""",
            "x, y = f()",
            "x[0].item(); y[0].item()",
        ),
        "jax": Text(
            """
def draw(key):
    a, b = jax.random.split(key)
    return jax.random.uniform(a, (10_000_000,)), jax.random.normal(b, (1_000_000,))
f = jax.jit(draw)
""",
            "r = f(key)",
            "jax.block_until_ready(r)",
        ),
        "numpy": Text(
            "",
            "x, y = rng.random(10_000_000, f32), rng.standard_normal(1_000_000, f32)",
            "x[0].item(); y[0].item()",
        ),
        "octave": Text(
            "",
            "x = rand(10000000, 1, 'single'); y = randn(1000000, 1, 'single');",
            "x(1); y(1);",
        ),
    },
)


def _step(key: str, title: str, optimizer: str) -> Work:
    """A step of an optimizer over the parameters of a small network, of 64 to 4,096 elements."""
    setup = f"""
params = [torch.randn(64 * (1 + i * 37 % 64)).requires_grad_() for i in range(60)]
for p in params:
    p.grad = torch.randn_like(p)
optimizer = torch.optim.{optimizer}
def f():
    optimizer.step()
"""
    look = "params[0][0].item(); params[59][0].item()"
    return Work(key, title, "≤ PyTorch", {"torch": Text(setup, "f()", look)}, small=True)


_STEPS = (
    _step(
        "steps", "SGD with momentum, a step over 60 parameters",
        "SGD(params, lr=1e-3, momentum=0.9, foreach=True)",
    ),
    _step("steps", "Adam, a step over 60 parameters", "Adam(params, lr=1e-3, foreach=True)"),
)  # fmt: skip


def _plain(title: str, text: Text) -> Work:
    return Work("scalar", title, "", {"python": text}, section="Plain statements")


_SCALAR = (
    _plain("`s = s + i * 2` in a loop", Text("s = 0\n", "s = s + i * 2", "")),
    _plain("`p.x` of an object", Text("class P:\n    pass\np = P()\np.x = 1\n", "p.x", "")),
    _plain("`math.pi`", Text("import math\n", "a = math.pi", "")),
)

LOOPS = (
    _NOTES, _MLP, _BELL, _DESCENT, _MIXED, _ENTROPY, _CONV, _MATMUL, _REDUCTIONS, _SORT, _EINSUM,
    _RANDOM, *_STEPS, *_SCALAR,
)  # fmt: skip

_ASSIGNMENTS = "".join(f"x{i} = 3 * {i} + 1.5\n" for i in range(20_000))

COMMANDS = (
    Command("start", "`1+1`", "", {"tcalc": "1+1", "Python": "print(1+1)", "qalc": "1+1"}),
    Command(
        "start",
        "`norm(ones(3))`",
        "",
        {
            "tcalc": "norm(ones(3))",
            "PyTorch": "import torch; print(torch.ones(3).norm())",
            "NumPy": "import numpy as np; print(np.linalg.norm(np.ones(3)))",
            "Octave": "norm(ones(3, 1))",
        },
    ),
    Command(
        "batch",
        "a file of 20,000 assignments",
        "≤ Octave",
        {
            "tcalc": _ASSIGNMENTS,
            # Octave shows every value unless told not to.
            "Octave": _ASSIGNMENTS.replace("\n", ";\n"),
            "Python": _ASSIGNMENTS,
        },
        file=True,
    ),
)
