"""torchvision.transforms and images: examples, programs that use them, programs that meddle."""

from __future__ import annotations

import doctest
import importlib
from typing import Any

import numpy as np
import pytest

from tcalc.display import plain
from tcalc.errors import TcalcError
from tcalc.runtime.base import memory
from tcalc.runtime.base._index import MODULES
from tcalc.runtime.base.registry import REGISTRY
from tcalc.session import Session
from tcalc.source import Source

for module in MODULES:
    if module.startswith(("tcalc.library.vision", "tcalc.library.images")):
        importlib.import_module(module)

NAMED = {
    id(value): (name, value)
    for name, value in sorted(REGISTRY.items(), reverse=True)
    if name.startswith(("torchvision.transforms.", "torchvision.utils.", "PIL."))
    and (isinstance(value, type) or callable(value))
}
IMPORTS = (
    "import torchvision.transforms.functional as TF\nfrom torchvision import transforms\n"
    "from PIL import Image\n"
)


def run(text: str) -> Any:
    return Session().evaluate(IMPORTS + text)


def documented(value: Any) -> list[doctest.Example]:
    return doctest.DocTestParser().get_examples(value.__doc__ or "")


@pytest.mark.parametrize("name", [name for name, _ in NAMED.values()])
def test_everything_says_what_it_is(name: str) -> None:
    assert (REGISTRY[name].__doc__ or "").strip()


@pytest.mark.parametrize(
    "value", [pytest.param(v, id=n) for n, v in NAMED.values() if documented(v)]
)
def test_examples(value: Any) -> None:
    shown: list[str] = []
    session = Session(write=shown.append)
    for example in documented(value):
        shown.clear()
        session.run(Source(example.source), lambda value, _: shown.append(plain.text(value)))
        assert "\n".join(shown).split() == example.want.split(), example.source


# -- what programs do with them ---------------------------------------------------------------


def test_a_class_of_a_programs_own_is_a_transform() -> None:
    text = """
class Darker:
    def __call__(self, image): return TF.adjust_brightness(image, 0.5)
    def __repr__(self): return "Darker()"
steps = transforms.Compose([Darker(), transforms.ToTensor()])
(repr(steps), steps(Image.new("L", (1, 1), 200)).item())"""
    shown, value = run(text)
    assert shown == "Compose(\n    Darker()\n    ToTensor()\n)"
    assert value == pytest.approx(100 / 255)


def test_arrays_of_images_are_copies() -> None:
    assert (
        run("im = Image.new('L', (2, 2), 7)\na = np.array(im)\na[0, 0] = 9\nim.getpixel((0, 0))")
        == 7
    )
    assert run("np.asarray(Image.new('RGB', (3, 2))).shape") == (2, 3, 3)


def test_the_array_of_a_tensor_is_not_the_images() -> None:
    text = (
        "x = zeros(1, 2, 2, dtype=uint8)\nim = TF.to_pil_image(x)\nx.fill_(9);\nim.getpixel((0, 0))"
    )
    assert run(text) == 0


def test_gradients_flow_through_transforms_of_tensors() -> None:
    text = "x = rand(1, 4, 4, requires_grad=True)\nTF.resize(TF.hflip(x), [2, 2]).sum().backward();\nx.grad.sum().item()"
    assert run(text) == pytest.approx(4)


def test_every_size_is_as_large_as_it_is() -> None:
    """Resizing to every size near the image's, both ways: the shape asked for, nothing else."""
    for text in ("Image.new('RGB', (7, 5), (9, 80, 200))", "full((3, 5, 7), 80, dtype=uint8)"):
        for size in ((1, 1), (5, 7), (4, 9), (40, 3)):
            made = run(f"TF.get_dimensions(TF.resize({text}, {size}))")
            assert list(made) == [3, *size]


def test_an_image_of_one_colour_stays_of_it() -> None:
    for how in range(6):
        extremes = run(
            f"Image.new('RGB', (9, 7), (3, 128, 255)).resize((4, 13), {how}).getextrema()"
        )
        assert extremes == ((3, 3), (128, 128), (255, 255))


# -- what is refused --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Image.new('RGB', (1 << 20, 1 << 20))", MemoryError),
        ("Image.new('L', (4, 4)).resize((1 << 20, 1 << 20))", MemoryError),
        ("Image.new('L', (4, 4)).crop((0, 0, 1 << 20, 1 << 20))", MemoryError),
        ("Image.new('L', (4, 4)).rotate(1e300)", None),
        ("Image.new('L', (4, 4)).transform((1 << 20, 1 << 20), 0, (1, 0, 0, 0, 1, 0))", MemoryError),
        ("TF.pad(Image.new('L', (4, 4)), 1 << 20)", MemoryError),
        ("TF.pad(Image.new('L', (4, 4)), [1, 2**40])", MemoryError),
        ("transforms.Resize(1 << 20)(zeros(1, 4, 4))", MemoryError),
        ("Image.new('L', (4, 4)).transform((4, 4), 0, (float('nan'),) * 6)", ValueError),
        ("Image.new('L', (4, 4)).putpixel((0, 0), float('nan'))", None),
        ("Image.new('F', (4, 4), float('nan')).convert('L')", None),
        ("Image.new('I', (4, 4), 2**40).convert('L')", None),
        ("Image.new('L', (0, 4)).resize((2, 2))", ValueError),
        ("Image.new('L', (0, 4)).rotate(30)", None),
        ("TF.adjust_contrast(Image.new('L', (0, 0)), 2)", None),
        ("TF.equalize(Image.new('L', (0, 0)))", None),
        ("Image.new('L', (4, 4)).point([0] * 3)", ValueError),
        ("Image.new('L', (4, 4)).point('a' * 256)", TypeError),
        ("Image.new('L', (4, 4)).save('a.tcalc')", ValueError),
        ("Image.new('L', (4, 4)).convert('1')", ValueError),
        ("Image.new('L', (4, 4)).show()", OSError),
        ("class A(Image.Image): pass", TypeError),
        ("TF.to_tensor(np.array([['a', 'b']]))", TypeError),
        ("TF.to_pil_image(np.array([['a', 'b']]))", TypeError),
        ("Image.fromarray(np.array([['a', 'b']]))", TypeError),
        ("from torchvision.transforms import v2\nv2.ToImage()(np.array([['a', 'b']]))", TypeError),
        ("Image.Image", None),
        ("Image.new('L', (1, 1))._pixels", AttributeError),
        ("Image.new('L', (1, 1))._array_", AttributeError),
        ("Image.new('L', (1, 1)).pixels", AttributeError),
        ("Image.new('L', (1, 1)).mode = 'RGB'", AttributeError),
        ("transforms.Resize(2)._done", AttributeError),
        ("transforms.InterpolationMode.BILINEAR.value = 3", AttributeError),
        ("transforms.InterpolationMode.NEAREST = 3", AttributeError),
        ("class A(transforms.InterpolationMode): pass", TypeError),
    ],
)  # fmt: skip
def test_what_programs_try(text: str, kind: type[Exception] | None, monkeypatch: Any) -> None:
    monkeypatch.setattr(memory, "limit", memory.resident() + (1 << 30))
    if kind is None:
        run(text)
        return
    with pytest.raises(kind) as caught:
        run(text)
    assert isinstance(caught.value, (TcalcError, TypeError))


def test_an_object_that_says_it_is_an_array_is_none() -> None:
    text = "class A:\n    def _array_(self): return 3\nnp.array(A())"
    with pytest.raises(TypeError, match="do not take"):
        run(text)


def test_an_image_is_no_address() -> None:
    assert " at 0x" not in run("repr(Image.new('L', (1, 1)))")


def test_images_made_by_a_program_share_nothing() -> None:
    text = "a = np.zeros((2, 2), dtype=np.uint8)\nim = Image.fromarray(a)\na[0, 0] = 5\nim.getpixel((0, 0))"
    assert run(text) == 0


def test_values_of_pixels_are_whole_bytes() -> None:
    assert np.array_equal(
        run("np.array(Image.new('RGB', (1, 1), (300, -4, 1.9)))"), [[[255, 0, 1]]]
    )
