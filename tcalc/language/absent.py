"""What PyTorch has and tcalc has not: known by name, and what there is for the purpose.

Loaded where a program names something that is not there.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

# By the beginning of a dotted name, what does the job here. The longest that fits counts.
_INSTEAD = {
    "torch.fx": "jit(f) traces a function, and jit(f).graph shows its calls once it was called",
    "torch.export": "jit(f) traces a function; its state_dict() can be kept",
    "torch.onnx": "jit(f) traces a function, and jit(f).graph shows its calls once it was called",
    "torch.distributed": "a program is one process; set_num_threads says how many threads work",
    "torch.multiprocessing": "a program is one process; set_num_threads says how many threads work",
    "torch.masked": "masked_fill, where and masked_select work with a mask of bools",
    "torch.nested": "pad the parts to one length and keep a mask: masked_fill, where",
    "torch.sparse": "tensors are dense; index_add, scatter_add and embedding_bag take indices",
    "torch.sparse_coo_tensor": "zeros(size).index_put(tuple(indices), values, accumulate=True) is dense",
    "torch.sparse_csr_tensor": "tensors are dense; index_add, scatter_add and embedding_bag take indices",
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
    "torch.cond": "if and where choose; vmap and jit take both",
    "torch.utils.bundled_inputs": "a state_dict() holds what a module has learned",
    "torch.classes": "torch.autograd.Function makes an op of your own",
    "torch.nn.intrinsic": "float16 and bfloat16 are the types of few bytes",
    "torch.nn.qat": "float16 and bfloat16 are the types of few bytes",
    "torch.nn.quantizable": "float16 and bfloat16 are the types of few bytes",
    "torch.nn.quantized": "float16 and bfloat16 are the types of few bytes",
    "torch.serialization": "save and load keep tensors",
    "torch.package": "a state_dict() holds what a module has learned",
    "torch.profiler": "torch.utils.benchmark.Timer times a statement",
    "torch.autograd.profiler": "torch.utils.benchmark.Timer times a statement",
    "torch.autograd.forward_ad": "func.jvp(f, (x,), (v,)) gives f(x) and its derivative along v",
    "torch.cuda.memory": "torch.cuda.memory_allocated tells what is in use",
    "torch.monitor": "print and tqdm tell how far a program is",
    "torch.futures": "a program is one process; set_num_threads says how many threads work",
    "torch.Tensor.to_sparse": "tensors are dense",
    "torch.Tensor.to_dense": "tensors are dense: x is x.to_dense()",
    "torchvision.models.detection": "torchvision.models has networks that classify",
    "torchvision.models.optical_flow": "torchvision.models has networks that classify",
    "torchvision.models.quantization": "float16 and bfloat16 are the types of few bytes",
    "torchvision.models.segmentation": "torchvision.models has networks that classify",
    "torchvision.models.video": "torchvision.models has networks that classify",
}


@cache
def _names(package: str) -> dict[str, frozenset[str]]:
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
        if qualified in _INSTEAD:
            return _INSTEAD[qualified]
        qualified = qualified.rpartition(".")[0]
    return None


def is_known(home: str, name: str) -> bool:
    """Whether PyTorch (or torchvision) has the name in a module or a class.

    >>> is_known("torch", "fx"), is_known("torch", "no_such_name")
    (True, False)
    """
    names = _names(home.partition(".")[0])
    known = name in names.get(home, ()) or f"{home}.{name}" in names
    return known or instead(f"{home}.{name}") is not None


def told(qualified: str) -> tuple[str, str]:
    """A message that a name of PyTorch's is not here, and a hint."""
    return f"'{qualified}' is not in tcalc", instead(qualified) or "`tcalc ops` lists what is"
