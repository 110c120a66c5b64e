"""Everything that a program can get hold of by names and attributes, walked."""

from __future__ import annotations

import builtins
import sys
import types
from pathlib import Path

import pytest

from tcalc.diagnosis.diagnostics import diagnose
from tcalc.language import attributes
from tcalc.language.classes import SPECIAL

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))

from make_coverage import reason_for, sections

REACH = Path(__file__).with_name("reach.txt")
SETUP = """
import functools, collections, itertools, copy, random, time, warnings, typing, math
class C:
    x = 1
    def __init__(self): self.y = [2]
    def m(self): return self
    @property
    def p(self): return self
class E(Exception): pass
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(2, 2)
def g(): yield 1
c, e, net, it = C(), E(1), Net(), g()
t = tensor([1., 2.], requires_grad=True); u = (t * t).sum(); node = u.grad_fn
a = np.array([1., 2.]); number = a[0]; kind = a.dtype; maker = np.float32
part = functools.partial(len, 'a'); cached = functools.lru_cache(len)
N = collections.namedtuple('N', 'a b'); n = N(1, 2)
q = collections.deque([1]); count = collections.Counter('a'); draws = random.Random(1)
size = t.shape; where = t.device; dtype_ = t.dtype; named = tensor([[1., 2.]]).max(0)
optimizer = optim.SGD(net.parameters(), lr=0.1)
import abc, argparse, bisect, contextlib, dataclasses, datetime, enum, gc, glob, heapq, importlib, io
import json, logging, operator, os, pathlib, pprint, re, statistics, string, sys, textwrap, timeit
import tqdm, collections.abc, os.path, tqdm.auto, types, unicodedata
from PIL import Image
from torchvision import datasets, io as vision_io, transforms, utils as vision_utils
@dataclasses.dataclass
class Record: a: int = 1
class Color(enum.Enum): RED = 1
class Number(enum.IntEnum): ONE = 1
class Bits(enum.Flag): A, B = 1, 2
class Base(abc.ABC): pass
@contextlib.contextmanager
def context(): yield
lent = [
    pathlib.Path('a/b'), io.StringIO('a'), sys.stdout, sys.stdin, sys.float_info, sys.version_info,
    re.compile('(?P<a>b)'), re.match('(?P<a>b)', 'b'), string.Template('a'), time.localtime(),
    context(), contextlib.ExitStack(), contextlib.suppress(E), contextlib.nullcontext(),
    contextlib.closing(1), contextlib.redirect_stdout(1), Record(), dataclasses.fields(Record)[0],
    datetime.datetime(1, 1, 1), datetime.date(1, 1, 1).isocalendar(), datetime.time(1),
    datetime.timedelta(1), datetime.timezone.utc, argparse.ArgumentParser(), argparse.Namespace(a=1),
    argparse.ArgumentParser().add_argument('--x'), argparse.ArgumentParser().add_subparsers(),
    argparse.ArgumentParser().add_argument_group('a'), argparse.HelpFormatter, Color.RED, Number.ONE,
    Bits.A | Bits.B, Base(), enum.auto(), logging.getLogger('r'), logging.StreamHandler(),
    logging.Formatter(), operator.itemgetter(1), operator.attrgetter('a'), tqdm.tqdm([1]),
    operator.methodcaller('a'), 'a'.encode(), collections.abc.Iterable, SystemExit(1), open, help,
    KeyboardInterrupt(), dataclasses.MISSING, importlib.import_module('json'), iter(tqdm.tqdm([1])),
    timeit.Timer('1'), types.SimpleNamespace(a=1), types.SimpleNamespace(a=1).__dict__, net.__dict__,
    Image.new('RGB', (2, 2)), transforms.Compose([]), transforms.Resize(2), transforms.ToTensor(),
    transforms.AugMix(), transforms.InterpolationMode.BILINEAR, datasets.FakeData(2), datasets.MNIST,
    datasets.FakeData(2, transform=transforms.ToTensor()).transforms, datasets.CIFAR10,
    vision_io.ImageReadMode.RGB, vision_utils.make_grid, datasets.ImageFolder,
]
"""
DEEPEST = 3
INNER = {
    "__dict__", "__globals__", "__code__", "__self__", "__func__", "__wrapped__", "__bases__",
    "__mro__", "__base__", "__subclasses__", "__builtins__", "__closure__", "__traceback__",
    "__array_interface__", "__reduce_ex__", "__getattribute__", "__new__", "__init_subclass__",
    "gi_frame", "f_globals", "tb_frame", "fget", "func_globals", "_mro",
}  # fmt: skip
NEVER_TYPES = (
    types.ModuleType, types.FrameType, types.CodeType, types.TracebackType, types.CellType,
    types.MappingProxyType, types.GetSetDescriptorType, types.MemberDescriptorType,
)  # fmt: skip
NEVER = {
    id(getattr(builtins, name))
    for name in (
        "open", "eval", "exec", "compile", "getattr", "setattr", "delattr", "__import__", "type",
        "vars", "dir", "globals", "locals", "input", "memoryview", "bytearray", "__build_class__",
        "BaseException",
    )
}  # fmt: skip


def test_nothing_reachable_is_dangerous(run) -> None:
    run(SETUP)
    names = run.session.namespace
    waiting = [((name,), names.visible(name)) for name in names.names()]
    waiting += [((name,), value) for name, value in run.session.variables.items()]
    seen: dict[int, object] = {}
    while waiting:
        path, value = waiting.pop()
        if id(value) in seen:
            continue
        seen[id(value)] = value  # kept, so that no other object gets its id
        assert not isinstance(value, NEVER_TYPES) and id(value) not in NEVER, ".".join(path)
        if len(path) > DEEPEST:
            continue
        for name in {*dir(value), *INNER}:
            try:
                found = attributes.read(value, name)
            except Exception:  # what cannot be read is not reached
                continue
            assert not name.startswith("__") or name in SPECIAL | {
                "__class__", "__dict__", "__name__", "__doc__", "__version__",
            }, (path, name)  # fmt: skip
            if not isinstance(found, (int, float, complex, str, type(None))):
                waiting.append(((*path, name), found))
    assert len(seen) > 1000


def test_every_name_that_is_listed_is_there(run) -> None:
    names = run.session.namespace
    for name in names.names():
        assert names.visible(name) is not None, name
    for module in ("torch", "torch.nn", "torchvision", "math", "numpy", "itertools"):
        from tcalc.language.namespace import members
        from tcalc.language.namespace import module as namespace

        for name in members(namespace(module)):
            attributes.read(namespace(module), name)


# -- what teaching code reaches for ------------------------------------------------------------------


def counted(section: str) -> list[str]:
    """The names of a section of reach.txt."""
    _, _, rest = REACH.read_text(encoding="utf-8").partition(f"[{section}]\n")
    return [line.split()[0] for line in rest.partition("\n\n")[0].splitlines()]


# What methods are counted on, by the name of the type.
ON = """
Sequential = nn.Sequential(nn.Linear(2, 2)); Module = nn.Linear(2, 2); ndarray = np.zeros(3)
Optimizer = optim.SGD(Module.parameters(), lr=0.1)
Scheduler = optim.lr_scheduler.ExponentialLR(Optimizer, 0.9)
Distribution = distributions.Normal(zeros(2), ones(2)); Tensor = zeros(2, 2); str = 'a'
"""
# What PyTorch's tables call the types that have names left out.
HOMES = {"Tensor": "torch.Tensor", "ndarray": "numpy.ndarray"}


@pytest.mark.parametrize("name", counted("names"))
def test_a_name_is_there_or_has_a_reason(name: str, run) -> None:
    first = name.partition(".")[0]
    if run.session.namespace.visible(first) is None:
        run(f"import {first}")
    has_or_tells(run, name, name)


@pytest.mark.parametrize("name", counted("methods"))
def test_a_method_is_there_or_has_a_reason(name: str, run) -> None:
    run(ON)
    kind, _, method = name.partition(".")
    has_or_tells(run, name, f"{HOMES.get(kind, kind)}.{method}")


def has_or_tells(run, name: str, qualified: str) -> None:
    """A name is there, or an error says that it is not and the page of coverage why."""
    try:
        run.value(name)
    except AttributeError:
        assert reason_for(qualified), qualified


@pytest.mark.parametrize("name", counted("builtins"))
def test_a_builtin_is_there(name: str, run) -> None:
    if name != "bytearray":  # bytes cannot be changed in place here
        run(name)


@pytest.mark.parametrize("name", counted("outside"))
def test_a_name_that_is_outside_says_what_to_do_instead(name: str, run) -> None:
    try:
        run.value(name)
    except AttributeError as error:
        told = diagnose(error, run.session)
        assert told.message.endswith("is not in tcalc") and told.span, told
        assert told.hint and "tcalc ops" not in told.hint, told
        home, _, member = name.rpartition(".")
        run.fails(f"from {home} import {member}", ImportError)


def test_every_name_of_the_page_is_there_or_has_a_reason() -> None:
    found = sections()
    here, left = (sum(n) for n in zip(*(s.counts() for s in found.values())))
    assert here > 2000 and left < here
