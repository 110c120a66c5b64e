"""What PyTorch has and tcalc has not: known by name, and what there is for the purpose.

Loaded where a program names something that is not there.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

_LAYOUTS = "x.to_sparse() keeps elements by their indices, x.to_sparse_csr() a matrix by its rows"
_PRUNED = "nn.utils.prune makes elements 0, and x.to_sparse() keeps those that are not"
# By the beginning of a dotted name, what does the job here. The longest that fits counts.
INSTEAD = {
    "torch.fx": "jit(f) traces a function, and jit(f).graph shows its calls once it was called",
    "torch.export": "jit(f) traces a function; its state_dict() can be kept",
    "torch.onnx": "jit(f) traces a function, and jit(f).graph shows its calls once it was called",
    "torch.distributed": "a program is one process; set_num_threads says how many threads work",
    "torch.multiprocessing": "a program is one process; set_num_threads says how many threads work",
    "torch.masked": "torch.masked.sum, mean, softmax and their kin take a tensor and mask=, bools",
    "torch.nested": "pad the parts to one length and keep a mask: masked_fill, where",
    "torch.sparse": "sparse_coo_tensor and sparse_csr_tensor are the layouts here; x.to_dense() has all",
    "torch.sparse.SparseSemiStructuredTensor": _PRUNED,
    "torch.sparse.to_sparse_semi_structured": _PRUNED,
    "torch.sparse.check_sparse_tensor_invariants": "indices are always checked",
    "torch.sparse_bsc": _LAYOUTS,
    "torch.sparse_bsc_tensor": _LAYOUTS,
    "torch.sparse_bsr": _LAYOUTS,
    "torch.sparse_bsr_tensor": _LAYOUTS,
    "torch.sparse_compressed_tensor": _LAYOUTS,
    "torch.sparse_csc": _LAYOUTS,
    "torch.sparse_csc_tensor": _LAYOUTS,
    "torch.Tensor.ccol_indices": _LAYOUTS,
    "torch.Tensor.row_indices": _LAYOUTS,
    "torch.Tensor.to_sparse_bsc": _LAYOUTS,
    "torch.Tensor.to_sparse_bsr": _LAYOUTS,
    "torch.Tensor.to_sparse_csc": _LAYOUTS,
    "torch.jagged": "pad the parts to one length and keep a mask: masked_fill, where",
    "torch.quantization": "float16 and bfloat16 are the types of few bytes",
    "torch.ao": "float16 and bfloat16 are the types of few bytes",
    "torch.ops": "an op is a function of torch; torch.autograd.Function makes one of your own",
    "torch.library": "torch.autograd.Function makes an op of your own",
    "torch._custom_op": "torch.autograd.Function makes an op of your own",
    "torch.utils.cpp_extension": "torch.autograd.Function makes an op of your own",
    "torch.overrides": "torch.autograd.Function makes an op of your own",
    "torch._dynamo": "torch.compile traces a function; there is nothing to set",
    "torch._inductor": "torch.compile traces a function; there is nothing to set",
    "torch._functorch": "grad, vmap, jacobian and their kin are in torch.func",
    "torch._logging": "jit(f) says why where a function runs eagerly",
    "torch._C": "it is PyTorch's inside; what is meant for programs is in torch",
    "torch._subclasses": "device='meta' gives tensors of shapes without numbers",
    "torch.utils.bundled_inputs": "a state_dict() holds what a module has learned",
    "torch.classes": "torch.autograd.Function makes an op of your own",
    "torch.nn.intrinsic": "float16 and bfloat16 are the types of few bytes",
    "torch.nn.qat": "float16 and bfloat16 are the types of few bytes",
    "torch.nn.quantizable": "float16 and bfloat16 are the types of few bytes",
    "torch.nn.quantized": "float16 and bfloat16 are the types of few bytes",
    "torch.serialization": "save and load keep tensors",
    "torch.package": "a state_dict() holds what a module has learned",
    "torch.autograd.forward_ad": "func.jvp(f, (x,), (v,)) gives f(x) and its derivative along v",
    "torch.cuda.memory": "torch.cuda.memory_allocated tells what is in use",
    "torch.monitor": "print and tqdm tell how far a program is",
    "torch.nn.attention.flex_attention": "F.scaled_dot_product_attention takes a mask, or numbers to add",
    "torch.__future__": "load_state_dict(assign=True) puts tensors in place of others",
    "torch.utils.swap_tensors": "x.data = y.data, or load_state_dict(assign=True)",
    "torch.utils.serialization": "save and load have nothing to set",
    "torch._check": "assert condition, text",
    "torch.cuda._sleep": "torch.cuda.Event and torch.utils.benchmark.Timer time work",
    "torch.cuda.gds": "save and load write and read files",
    "torch.jit.enable_onednn_fusion": "a plan is made as small as it can be by itself",
    "torch.jit.isinstance": "isinstance(x, list) looks at a value's class",
    "torch.mps": "the devices are cpu, cuda and meta",
    "torch.xpu": "the devices are cpu, cuda and meta",
    "torch.mtia": "the devices are cpu, cuda and meta",
    "torch.Tensor._make_wrapper_subclass": "a class that holds a tensor as an attribute",
    "torch.Tensor.module_load": "x.copy_(other)",
    **dict.fromkeys(
        ("torch.complex32", "torch.chalf", "torch.Tensor.chalf"),
        "complex64 is the complex type of the fewest bits: x.cfloat()",
    ),
    "torch.Tensor.map_": "vmap, or a loop over x.tolist()",
    "torch.Tensor.apply_": "vmap, or a loop over x.tolist()",
    "torch.Tensor.to_padded_tensor": "nn.utils.rnn.pad_sequence makes one tensor of parts",
    **dict.fromkeys(
        (
            "torch._foreach_add_",
            "torch._foreach_copy_",
            "torch._foreach_div_",
            "torch._foreach_mul_",
            "torch._foreach_norm",
            "torch._foreach_zero_",
        ),
        "for t in tensors: the ops of one tensor do it",
    ),
    **dict.fromkeys(
        [
            f"torch.utils.benchmark.{name}"
            for name in (
                "CallgrindStats",
                "FunctionCounts",
                "FuzzedParameter",
                "FuzzedTensor",
                "Fuzzer",
                "ParameterAlias",
                "op_fuzzers",
                "utils",
            )
        ],
        "torch.utils.benchmark.Timer and Compare time statements",
    ),
    "numpy.ma": "a mask of bools: a[mask], np.where(mask, a, 0), np.nanmean",
    "numpy.memmap": "np.load('a.npy', mmap_mode='r') leaves numbers in the file",
    "numpy.matrix": "np.array of two dims, and @",
    "numpy.errstate": "np functions give inf and nan and say nothing",
    "numpy.ndarray.view": "a.reshape, a.astype; a slice shares memory",
    "numpy.ndarray.data": "the array itself: torch.from_numpy(a) shares its memory",
    "numpy.ndarray.resize": "np.resize(a, shape), a.reshape(shape)",
    "torchvision.models.detection": "torchvision.models has networks that classify",
    "torchvision.models.optical_flow": "torchvision.models has networks that classify",
    "torchvision.models.quantization": "float16 and bfloat16 are the types of few bytes",
    "torchvision.models.segmentation": "torchvision.models has networks that classify",
    "torchvision.models.video": "torchvision.models has networks that classify",
}


@cache
def names_of(package: str) -> dict[str, frozenset[str]]:
    """By module or class of a package, its public names (recorded by scripts/record_torch_names.py)."""
    found = {}
    listed = Path(__file__).with_name(f"{package}_names.txt")
    for line in listed.read_text(encoding="utf-8").splitlines():
        home, _, names = line.partition(": ")
        found[home] = frozenset(names.split())
    return found


def instead(qualified: str) -> str | None:
    """What does the job of a dotted name of PyTorch's, or None."""
    while qualified:
        if qualified in INSTEAD:
            return INSTEAD[qualified]
        qualified = qualified.rpartition(".")[0]
    return None


def lists(home: str, name: str) -> bool:
    """Whether a module or a class of PyTorch's, torchvision's or NumPy's lists a name."""
    names = names_of(home.partition(".")[0])
    return name in names.get(home, ()) or f"{home}.{name}" in names


def is_known(home: str, name: str) -> bool:
    """Whether PyTorch (or torchvision, or NumPy) has the name in a module or a class.

    >>> is_known("torch", "fx"), is_known("torch", "no_such_name")
    (True, False)
    """
    return lists(home, name) or instead(f"{home}.{name}") is not None


def told(qualified: str) -> tuple[str, str]:
    """A message that a name of PyTorch's is not here, and a hint."""
    return f"'{qualified}' is not in tcalc", instead(qualified) or "`tcalc ops` lists what is"
