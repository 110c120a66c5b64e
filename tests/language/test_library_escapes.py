"""The modules around tensors let programs meddle with their tables, and are no way out by it."""

from __future__ import annotations

import numpy as np
import pytest

from tcalc.diagnosis.diagnostics import diagnose
from tcalc.errors import TcalcError
from tcalc.runtime.base.registry import NAMES, lookup

# What NumPy would take for memory at an address.
MEMORY = "{'data': (4096, False), 'shape': (4,), 'typestr': '|u1', 'version': 3}"
SPECIAL = [
    "__array_interface__",
    "__class__",
    "__dict__",
    "__del__",
    "__getattribute__",
    "__slots__",
]


@pytest.mark.parametrize(
    "name", [*SPECIAL, "_public_", "_modules", "_plain_", "forward", "a b", ""]
)
def test_parametrized_classes_have_plain_names_only(run, name: str) -> None:
    run(f"""
class P(nn.Module):
    def forward(self, x): return {MEMORY}
m = nn.Linear(2, 2)
m._parameters[{name!r}] = nn.Parameter(ones(2))
""")
    run.fails(f"nn.utils.parametrize.register_parametrization(m, {name!r}, P(), unsafe=True)", ValueError)  # fmt: skip


def test_nor_do_names_come_in_by_their_holder(run) -> None:
    run(f"""
class P(nn.Module):
    def forward(self, x): return {MEMORY}
m = nn.Linear(2, 2)
parametrize = nn.utils.parametrize
parametrize.register_parametrization(m, 'weight', P(), unsafe=True)
m.parametrizations._modules['__array_interface__'] = m.parametrizations.weight
""")
    run.fails("parametrize.register_parametrization(m, 'bias', P(), unsafe=True)", ValueError)
    run.fails("m._plain_", AttributeError)
    run.fails("type(m)._plain_ = dict", AttributeError)


@pytest.mark.parametrize("name", [*SPECIAL, "_compiled_forward", "_hooked", "__x"])
def test_names_of_parameter_dicts_are_no_attributes_of_others(run, name: str) -> None:
    run("d = nn.ParameterDict()")
    run.fails(f"d[{name!r}] = {MEMORY}", KeyError)
    assert run.value("len(d)") == 0


def test_a_compiled_module_reads_from_modules_alone(run) -> None:
    run("""
def g(): yield 1
c = torch.compile(nn.Linear(2, 2))
c._modules['_orig_mod'] = g()
""")
    for name in ("gi_frame", "gi_code", "f_globals", "in_features"):
        run.fails(f"c.{name}", AttributeError)


EXPORTED = list(
    dict.fromkeys(
        kind
        for name in NAMES
        if isinstance(kind := lookup(name), type) and "_exported_" in vars(kind)
    )
)


@pytest.mark.parametrize("kind", EXPORTED, ids=lambda kind: kind.__name__)
def test_numpy_finds_no_memory_in_what_instances_hold(kind: type) -> None:
    if not hasattr(kind, "__dict__") or "__dict__" not in {
        n for b in kind.__mro__ for n in vars(b)
    }:
        return
    try:
        made = object.__new__(kind)
    except TypeError:  # of C's layout: it is made otherwise
        return
    vars(made)["__array_interface__"] = {
        "data": (4096, False), "shape": (4,), "typestr": "|u1", "version": 3,
    }  # fmt: skip
    # Otherwise the interpreter ends here.
    assert np.asarray([made], object).dtype == object


def test_text_of_layers_holds_no_addresses(run) -> None:
    run("def f(*a): return a\nm = nn.BatchNorm2d(3, affine=f)")
    assert "affine=<function f>" in run.value("m.extra_repr()")
    run("class N(nn.BatchNorm2d):\n    def extra_repr(self): return super().extra_repr() + '!'")
    assert run.value("N(3, affine=f).extra_repr()").endswith("affine=<function f>, bias=True, track_running_stats=True!")  # fmt: skip


WRONG = """
torch.amp.GradScaler('cpu').step(5)
torch.amp.GradScaler('cpu').step([])
nn.utils.fuse_conv_bn_weights(1, 2, 3, 4, 5, 6, 7)
nn.utils.prune.Identity().prune(0.5)
nn.utils.prune.Identity().prune(torch.ones(2), 0.5)
torch.optim.Optimizer([torch.ones(2)], 0.5)
torch.optim.swa_utils.SWALR({}, 0.5)
torch.optim.swa_utils.update_bn([], 7)
torch.utils.benchmark.Measurement(1, [1.], torch)
torch.utils.hooks.RemovableHandle(0.5)
nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2), 1)(object(), 10)
""".strip().splitlines()


@pytest.mark.parametrize("text", WRONG)
def test_wrong_arguments_are_errors_of_ours(run, text: str) -> None:
    assert isinstance(run.fails(text), TcalcError)


def test_lazy_modules_become_modules_only(run) -> None:
    run("""
class A: pass
class M(nn.modules.lazy.LazyModuleMixin, nn.Module):
    cls_to_become = A
    def initialize_parameters(self): pass
m = M()
""")
    assert isinstance(run.fails("m()"), TcalcError)


@pytest.mark.parametrize("kind", ["ELU", "GELU", "LSTM", "MaxPool2d", "Module", "ParameterDict"])
def test_methods_of_classes_apply_to_their_instances(run, kind: str) -> None:
    run("class A: pass")
    for value in ("A()", "5", "print", "(i for i in [1])"):
        run.fails(f"nn.{kind}.forward({value}, ones(2))", TypeError)
        run.fails(f"nn.{kind}.__init__({value})", TypeError)
    run(f"class B(nn.{kind}):\n    def __init__(self): nn.Module.__init__(self)\nb = B()")
    assert run.value(f"nn.{kind}.forward is nn.{kind}.forward") is True
    run.fails("optim.SGD.zero_grad(5)", TypeError)


INSIDE = ["__dict__", "__reduce_ex__", "__class__"]


@pytest.mark.parametrize("name", INSIDE)
def test_names_of_weights_read_tensors_alone(run, name: str) -> None:
    run(f"""
class L(nn.LSTM):
    _all_weights = [[{name!r}]]
class M(nn.LSTM):
    _flat_weights_names = [{name!r}]
class Setting: name = {name!r}
class F:
    params = [0, Setting()]
    def switched_function(self, *a): return a
class E(nn.ELU): _function = F()
""")
    for text in (
        "L(1, 1).all_weights",
        "M(1, 1)._flat_weights",
        "E()(ones(2))",
        "E().extra_repr()",
    ):
        assert isinstance(run.fails(text), TcalcError), text


@pytest.mark.parametrize("name", INSIDE)
def test_what_computes_of_tensors_by_name_is_given_tensors_alone(run, name: str) -> None:
    run(f"""
from torch.nn.utils import parametrize, prune
seen = []
class P(nn.Module):
    def forward(self, x):
        seen.append(x)
        return x
class Mask(prune.BasePruningMethod):
    PRUNING_TYPE = 'unstructured'
    def compute_mask(self, t, default_mask):
        seen.append(t)
        return default_mask
class Holder(nn.ModuleDict):
    def __contains__(self, key): return True
m = nn.Linear(2, 2)
m._parameters[{name!r}] = nn.Parameter(ones(2))
parametrize.register_parametrization(m, 'weight', P())
m.parametrizations._modules[{name!r}] = m.parametrizations.weight
""")
    for text in (
        f"parametrize.register_parametrization(m, {name!r}, P(), unsafe=False)",
        f"Mask.apply(m, {name!r})",
        f"prune.global_unstructured([(m, {name!r})], prune.L1Unstructured, amount=1)",
        f"nn.utils.parametrizations.weight_norm(m, {name!r})",
        f"nn.utils.weight_norm(m, {name!r})",
        f"nn.utils.spectral_norm(m, {name!r})",
    ):
        assert isinstance(run.fails(text), TcalcError), text
    assert run.value("all([isinstance(x, torch.Tensor) for x in seen])") is True


def test_functions_of_numpy_take_no_other_values_for_arrays(run) -> None:
    for text in ("np.rollaxis(slice(0, 2), 1)", "np.split(nan, -1)", "np.logical_xor(None, 1)"):
        assert isinstance(run.fails(text), TcalcError), text


SCHEDULES = {
    "StepLR": "o, 1", "MultiStepLR": "o, [1]", "LinearLR": "o", "CosineAnnealingLR": "o, 5",
    "CosineAnnealingWarmRestarts": "o, 5", "CyclicLR": "o, 0.1, 0.2", "LambdaLR": "o, lambda e: 1.",
    "OneCycleLR": "o, 0.1, total_steps=9", "MultiplicativeLR": "o, lambda e: 1.",
    "ReduceLROnPlateau": "o",
}  # fmt: skip


@pytest.mark.parametrize("kind", SCHEDULES)
def test_what_programs_do_to_schedules_is_theirs(run, kind: str) -> None:
    make = f"""
o = optim.SGD([ones(2, requires_grad=True)], lr=0.1, momentum=0.9)
s = optim.lr_scheduler.{kind}({SCHEDULES[kind]})
"""
    run(make)
    assert isinstance(run.fails("s.optimizer = 5"), TcalcError)
    run("s.load_state_dict({**s.state_dict(), 'optimizer': 5})")
    assert run.value("s.optimizer is o") is True
    step = "s.step(1.)" if kind == "ReduceLROnPlateau" else "s.step()"
    for meddle in ("o.param_groups = None", "o.param_groups[0].clear()"):
        run(make + meddle)
        assert diagnose(run.fails(step), run.session).kind != "InternalError", meddle


def test_tensors_without_a_shape_take_tensors_alone(run) -> None:
    run("u = nn.UninitializedParameter()")
    assert isinstance(run.fails("u.data = 5"), TcalcError)
    assert isinstance(run.fails("nn.SyncBatchNorm.convert_sync_batchnorm(5)"), TcalcError)


def test_a_step_applies_to_its_optimizers(run) -> None:
    run("class A: pass")
    for value in ("5", "A()", "(i for i in [1])"):
        assert isinstance(run.fails(f"optim.SGD.step({value})"), TcalcError)
    run("""
class B(optim.SGD):
    def step(self, closure=None): return optim.SGD.step(self, closure)
B([ones(1)], lr=0.1).step()
""")


MASK = """
leaked = []
class Mask:
    size, mode = (4, 4), 'L'
    def getbands(self): return ()
    def convert(self, mode): return self
    def pixels(self): return self
    def __getitem__(self, at): return self
    def astype(self, kind):
        leaked.append(kind)
        return self
im = PIL.Image.new('RGB', (4, 4))
"""


def test_what_pastes_an_image_takes_no_mask_of_a_programs_own(run) -> None:
    run(f"import PIL.Image\n{MASK}")
    for call in ("im.paste((1, 2, 3), (0, 0, 4, 4), Mask())", "im.paste(im, None, mask=Mask())"):
        assert isinstance(run.fails(call), TcalcError), call
    assert run.value("leaked") == []


def test_an_arrays_mode_is_a_name(run) -> None:
    run("import PIL.Image\nclass A:\n    def __eq__(self, other): return True\n"
        "    def __hash__(self): return hash('HSV')")  # fmt: skip
    array = "np.zeros((2, 2, 3), dtype=np.uint8)"
    assert isinstance(run.fails(f"PIL.Image.fromarray({array}, A())"), TcalcError)


def test_a_border_is_asked_for_before_it_is_made(run) -> None:
    run("import PIL.Image, torchvision\nim = PIL.Image.new('RGB', (4, 4))")
    for mode in ("edge", "reflect", "symmetric"):
        wide = f"torchvision.transforms.Pad(10**7, padding_mode='{mode}')(im)"
        assert "an image of 20000004x20000004 needs" in str(run.fails(wide, TcalcError))


def test_script_modules_are_made_of_modules(run) -> None:
    for name in ("RecursiveScriptModule", "TopLevelTracedModule"):
        assert isinstance(run.fails(f"torch.jit.{name}(5)"), TcalcError)
        run(f"class A(torch.jit.{name}):\n    def __init__(self): pass\na = A()")
        for call in ("a", "repr(a)", "a.original_name", "a.code", "a.train()", "a.double()",
                     "a.state_dict()", "torch.jit.save(a, 'a.pt')", "torch.jit.freeze(a)",
                     "torch.jit.optimize_for_inference(a)", "a(1)"):  # fmt: skip
            try:
                run(call)
            except Exception as error:  # whichever it is, but no fault of tcalc's
                assert diagnose(error, run.session).kind != "InternalError", call


def test_blocks_of_networks_are_the_programs(run) -> None:
    run("import torchvision\nclass A:\n    def __init__(self, *a, **k): pass")
    models = "torchvision.models"
    for call in (
        f"{models}.ResNet(A, [1, 1, 1, 1])", f"{models}.ResNet(A(), [1] * 4)",
        f"{models}.resnet18(norm_layer=A())", f"{models}.MobileNetV2(block=A())",
        f"{models}.GoogLeNet(blocks=[A()] * 3, init_weights=False)", f"{models}.VGG(A())(1)",
    ):  # fmt: skip
        assert diagnose(run.fails(call), run.session).kind != "InternalError", call


@pytest.mark.parametrize("size", ["(1e9, 1e9)", "(600, 600)", "(0, 1)", "(-1, 2)"])
def test_a_picture_is_of_a_size_that_can_be_drawn(run, size: str) -> None:
    run(f"import matplotlib.pyplot as plt\nfig = plt.figure(figsize={size})\nplt.plot([1, 2])")
    said = str(run.fails("fig.savefig('x.png', dpi=1000)", TcalcError))
    assert "a picture has from 1 to" in said


def test_traced_methods_are_those_of_the_programs_class(run) -> None:
    run("""
class A(nn.Module):
    def forward(self, x): return x
    def twice(self, x): return 2 * x
trace = torch.jit.trace_module
""")
    run("trace(A(), {'twice': ones(1)}); trace(torch.jit.script(A()), {'twice': ones(1)})")
    for name in ("register_buffer", "original_name", "parameters", "mro", "save"):
        run.fails(f"trace(A(), {{{name!r}: ()}})", AttributeError)
