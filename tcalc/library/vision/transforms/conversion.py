"""Images become tensors, and tensors images."""

from __future__ import annotations

from typing import Any

from tcalc.errors import ValueProblem
from tcalc.library.nn.module import Module
from tcalc.library.vision.transforms import functional
from tcalc.library.vision.transforms.arguments import transform
from tcalc.library.vision.transforms.functional_colors import normalize
from tcalc.runtime.tensor.tensor import Tensor

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


@transform
class ToTensor:
    """An image, or an array (height, width[, channels]) of bytes, as floats between 0 and 1:
    a tensor (channels, height, width).

    >>> from torchvision import transforms
    >>> transforms.ToTensor()(np.array([[0, 255]], dtype=np.uint8))
    tensor([[[0., 1.]]])
    """

    _open_ = True
    _public_: frozenset[str] = frozenset()

    def __call__(self, pic: Any) -> Tensor:
        return functional.to_tensor(pic)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


@transform
class PILToTensor:
    """An image as a tensor of its own numbers: (channels, height, width)."""

    _open_ = True
    _public_: frozenset[str] = frozenset()

    def __call__(self, pic: Any) -> Tensor:
        return functional.pil_to_tensor(pic)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


@transform
class ToPILImage:
    """A tensor (channels, height, width), or an array (height, width, channels), as an image."""

    _open_ = True
    _public_: frozenset[str] = frozenset()

    def __init__(self, mode: str | None = None) -> None:
        self.mode = mode

    def __call__(self, pic: Any) -> Any:
        return functional.to_pil_image(pic, self.mode)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({'' if self.mode is None else f'mode={self.mode}'})"


@transform
class ConvertImageDtype(Module):
    """A tensor in another dtype, scaled to what that spans."""

    _on_batches_ = True

    def __init__(self, dtype: Any) -> None:
        super().__init__()
        self.dtype = dtype

    def forward(self, image: Any) -> Tensor:
        """The image in the dtype."""
        return functional.convert_image_dtype(image, self.dtype)


@transform
class Normalize(Module):
    """Each channel of a tensor (…, channels, height, width) less its mean, over its deviation.

    >>> from torchvision import transforms
    >>> transforms.Normalize((0.5,), (0.5,))(ones(1, 1, 2))
    tensor([[[1., 1.]]])
    """

    _on_batches_ = True

    def __init__(self, mean: Any, std: Any, inplace: bool = False) -> None:
        super().__init__()
        self.mean = mean
        self.std = std
        self.inplace = inplace

    def forward(self, tensor: Any) -> Tensor:
        """The image, normalized."""
        return normalize(tensor, self.mean, self.std, self.inplace)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(mean={self.mean}, std={self.std})"


@transform
class LinearTransformation(Module):
    """The numbers of an image less a mean, times a square matrix (whitening)."""

    def __init__(self, transformation_matrix: Tensor, mean_vector: Tensor) -> None:
        super().__init__()
        rows, columns = transformation_matrix.shape
        if rows != columns:
            raise ValueProblem(
                f"transformation_matrix should be square. Got {(rows, columns)} rectangular matrix."
            )
        if mean_vector.size(0) != rows:
            raise ValueProblem(
                f"mean_vector should have the same length {mean_vector.size(0)} as any one of the "
                f"dimensions of the transformation_matrix [{(rows, columns)}]"
            )
        for name, said in (("device", "be on the same device"), ("dtype", "have the same dtype")):
            own, other = (getattr(t, name) for t in (transformation_matrix, mean_vector))
            if own != other:
                raise ValueProblem(f"Input tensors should {said}. Got {own} and {other}")
        self.transformation_matrix = transformation_matrix
        self.mean_vector = mean_vector

    def forward(self, tensor: Tensor) -> Tensor:
        """The image, transformed."""
        c, h, w = tensor.shape[-3:]
        if c * h * w != self.transformation_matrix.shape[0]:
            raise ValueProblem(
                f"Input tensor and transformation matrix have incompatible shape.[{c} x {h} x {w}] "
                f"!= {self.transformation_matrix.shape[0]}"
            )
        flat = tensor.reshape(-1, c * h * w) - self.mean_vector
        return flat.mm(self.transformation_matrix.to(flat.dtype)).view(tensor.shape)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(transformation_matrix={self.transformation_matrix.tolist()}, "
            f"mean_vector={self.mean_vector.tolist()})"
        )
